// How many requests of each run ended well or otherwise, as bars.
#ifndef BATON_TESTS_LOAD_REPORT_OUTCOMES_BAR_H_
#define BATON_TESTS_LOAD_REPORT_OUTCOMES_BAR_H_

#include "absl/types/span.h"
#include "tests/load/report/run_view.h"
#include "tests/load/report/xml_writer.h"

namespace baton {

// Writes a <figure> with a bar for each run that has requests; nothing if none has. Outcomes differ
// in colour and in pattern, and each stands in words under its bar.
void WriteOutcomes(absl::Span<const RunView> runs, XmlWriter* html);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_OUTCOMES_BAR_H_
