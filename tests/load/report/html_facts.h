// The head of the report: what was run, and what is wrong with it.
#ifndef BATON_TESTS_LOAD_REPORT_HTML_FACTS_H_
#define BATON_TESTS_LOAD_REPORT_HTML_FACTS_H_

#include "absl/types/span.h"
#include "tests/load/report/run_view.h"
#include "tests/load/report/xml_writer.h"

namespace baton {

// A banner for each run that is not valid, with the reasons, or partial.
void WriteBanners(absl::Span<const RunView> runs, XmlWriter* html);

// What is the same in all runs; then, if there are several, what is particular to each, folded.
void WriteFacts(absl::Span<const RunView> runs, XmlWriter* html);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_HTML_FACTS_H_
