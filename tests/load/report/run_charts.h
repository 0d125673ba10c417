// The report's charts of runs: which there are and what is in them. Pure. Charts without points are
// left out. `styles` holds one style a run, and a run's series have the toggle "r" and its index.
#ifndef BATON_TESTS_LOAD_REPORT_RUN_CHARTS_H_
#define BATON_TESTS_LOAD_REPORT_RUN_CHARTS_H_

#include <vector>

#include "absl/types/span.h"
#include "tests/load/report/chart.h"
#include "tests/load/report/run_style.h"
#include "tests/load/report/run_view.h"

namespace baton {

// Time to first token and end-to-end latency of each request when it was due: a chart a run, all
// with one latency axis. Requests that were all due at once are shown in their order.
std::vector<Chart> LatencyCharts(absl::Span<const RunView> runs);

// How much of each latency's values are below a value: a chart a metric, with all runs.
std::vector<Chart> CdfCharts(absl::Span<const RunView> runs, absl::Span<const RunStyle> styles);

// Output tokens per second and running requests over the run, with all runs.
std::vector<Chart> TimelineCharts(absl::Span<const RunView> runs,
                                  absl::Span<const RunStyle> styles);

// Latencies against output throughput: a chart a statistic, a line a server, a labelled point a
// run. Their toggle is "w" and the line's number.
std::vector<Chart> SweepCharts(absl::Span<const RunView> runs);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_RUN_CHARTS_H_
