// The report's tables.
#ifndef BATON_TESTS_LOAD_REPORT_HTML_TABLES_H_
#define BATON_TESTS_LOAD_REPORT_HTML_TABLES_H_

#include "absl/types/span.h"
#include "tests/load/report/run_view.h"
#include "tests/load/report/xml_writer.h"

namespace baton {

// SummaryGroups, a column a run; the best carry a star.
void WriteSummary(absl::Span<const RunView> runs, XmlWriter* html);

// How many requests ended in which way, a column a run; nothing if no run tells.
void WriteEnds(absl::Span<const RunView> runs, XmlWriter* html);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_HTML_TABLES_H_
