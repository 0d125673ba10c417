// The report's main table: which rows it has, and which run is best in each. Pure.
#ifndef BATON_TESTS_LOAD_REPORT_SUMMARY_ROWS_H_
#define BATON_TESTS_LOAD_REPORT_SUMMARY_ROWS_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "tests/load/report/run_view.h"

namespace baton {

enum class BetterIs { kNeither, kHigher, kLower };

struct SummaryRow {
  std::string label;  // with its unit
  BetterIs better;
  std::vector<double> values;  // one a run; NaN: the run does not tell
  std::vector<bool> best;      // one a run
};

struct SummaryGroup {
  std::string title;
  std::vector<SummaryRow> rows;
};

// Rows that no run has a value for are left out, and groups without rows. The best are marked if
// at least two valid runs have different values; a run that is not valid is never best.
std::vector<SummaryGroup> SummaryGroups(absl::Span<const RunView> runs);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_SUMMARY_ROWS_H_
