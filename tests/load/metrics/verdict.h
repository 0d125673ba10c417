// Whether a run may be called a measurement.
#ifndef BATON_TESTS_LOAD_METRICS_VERDICT_H_
#define BATON_TESTS_LOAD_METRICS_VERDICT_H_

#include <string>
#include <vector>

#include "tests/load/metrics/run_summary.h"
#include "tests/load/run/load_run.h"

namespace baton {

// The reasons, in words, why not; empty if it may. An open loop's requests, at the 99th percentile,
// must have left no later than max(1 ms, 1 % of the median time to the first token) after they were
// due or let go by the cap, and the timer of the probe must have been no later either; the tool
// must not have used up the CPUs it may run on, nor any of its threads its time. A closed loop only
// must not have run out of CPU.
// `has_schedule`: requests had times of their own (not all were due at once).
std::vector<std::string> WhyInvalid(const LoadRunResult& run, const RunSummary& summary,
                                    bool has_schedule);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_METRICS_VERDICT_H_
