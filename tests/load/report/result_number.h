// The numbers of one result by vLLM's names, wherever in it they stand.
#ifndef BATON_TESTS_LOAD_REPORT_RESULT_NUMBER_H_
#define BATON_TESTS_LOAD_REPORT_RESULT_NUMBER_H_

#include <string>

#include "absl/types/optional.h"
#include "nlohmann/json.hpp"

namespace baton {

// The number `key` of a result: its own if it has it, else what its "baton" object tells:
// - "median_ttft_ms", "p99.9_itl_ms", "mean_…", "std_…" from "metrics";
// - a path through objects with dots, such as "steady.output_throughput" or "lag_ms.p99".
// Unset if it is nowhere or not finite.
absl::optional<double> ResultNumber(const nlohmann::json& result, const std::string& key);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_RESULT_NUMBER_H_
