// Which runs are steps of one sweep. Pure.
#ifndef BATON_TESTS_LOAD_REPORT_SWEEP_LINES_H_
#define BATON_TESTS_LOAD_REPORT_SWEEP_LINES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "tests/load/report/run_view.h"

namespace baton {

struct SweepStep {
  size_t run;         // an index of the runs
  double value;       // of what was varied
  std::string label;  // "c=8", "4 /s"
};

struct SweepLine {
  std::string server;
  std::vector<SweepStep> steps;  // by value; at least two different ones
};

// The runs of each server, in the order servers first appear, where something was varied: what the
// results say they varied, else their max_concurrency, else their request_rate. A run that lacks
// the value is left out.
std::vector<SweepLine> SweepLines(absl::Span<const RunView> runs);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_SWEEP_LINES_H_
