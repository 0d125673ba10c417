// The fields of vLLM's result file (`vllm bench serve --save-result`, vLLM 0.33), with vLLM's
// meaning: times from when a request was actually sent, a gap (`itl`) for each chunk, percentiles
// interpolated linearly, deviations of the population. docs/benchmarking.md tells where ours
// differ.
#ifndef BATON_TESTS_LOAD_REPORT_VLLM_FIELDS_H_
#define BATON_TESTS_LOAD_REPORT_VLLM_FIELDS_H_

#include <string>

#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "tests/load/report/run_report.h"
#include "tests/load/stats/samples.h"

namespace baton {

// In vLLM's order. `ended`: the time of day at the end of the run.
nlohmann::ordered_json VllmFields(const RunReport& report, absl::Time ended);

// Adds mean_, median_, std_ and pP_ of `samples` as "PREFIX_NAME_ms".
void AddStatistics(const std::string& name, const Samples& samples,
                   const std::vector<double>& percentiles, nlohmann::ordered_json* json);

// "99" or "99.9": as vLLM writes a percentile in a key.
std::string PercentileName(double percentile);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_VLLM_FIELDS_H_
