// The result file: vLLM's fields, and ours beside them. docs/benchmarking.md describes it.
#ifndef BATON_TESTS_LOAD_REPORT_RESULT_JSON_H_
#define BATON_TESTS_LOAD_REPORT_RESULT_JSON_H_

#include <string>

#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "tests/load/report/run_report.h"

namespace baton {

// Raised when the meaning of a field of "baton" changes.
constexpr int kResultSchema = 1;

nlohmann::ordered_json ResultJson(const RunReport& report, absl::Time ended);

// vLLM's name for the file: "LABEL-RATEqps-concurrencyN-MODEL-DATE.json".
std::string ResultFileName(const RunReport& report, absl::Time ended);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_RESULT_JSON_H_
