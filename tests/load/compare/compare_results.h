// Compares two ways of serving by the results of paired runs. Pure.
#ifndef BATON_TESTS_LOAD_COMPARE_COMPARE_RESULTS_H_
#define BATON_TESTS_LOAD_COMPARE_COMPARE_RESULTS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "tests/load/compare/bootstrap.h"
#include "tests/load/report/result_file.h"

namespace baton {

// Fewer pairs than this give no interval and no verdict.
constexpr size_t kLeastPairs = 5;

enum class CompareVerdict {
  kNotJudged,     // too few pairs
  kNoDifference,  // the interval holds 1
  kFaster,        // B is, by the whole interval
  kSlower,
};

// "not judged", "no difference shown", "faster" or "slower".
absl::string_view CompareVerdictName(CompareVerdict verdict);

struct ComparedMetric {
  std::string name;                        // vLLM's key: "output_throughput", "p99_ttft_ms"
  double a = 0, b = 0;                     // geometric means of the runs
  double ratio = 1;                        // b / a: the geometric mean of the pairs' ratios
  absl::optional<RatioInterval> interval;  // 95 %
  CompareVerdict verdict = CompareVerdict::kNotJudged;
};

struct ResultComparison {
  size_t num_pairs = 0;
  std::vector<ComparedMetric> metrics;
  std::vector<std::string> warnings;
};

// output_throughput, request_throughput, request_goodput, and the medians and 99th percentiles of
// TTFT, TPOT, ITL and E2EL.
std::vector<std::string> DefaultMetrics();

// Run i of `a` and run i of `b` are a pair. `metrics` are keys of results (see ResultNumber): rates
// ("…throughput", "…goodput"), of which more is better, or times ("…_ms", "duration"), of which
// less is; none: the default ones. INVALID_ARGUMENT, naming the file and the key, if CheckSameWork
// does not hold, a metric is neither, or a run lacks a metric that was asked for or has it not
// above 0; default ones are then left out, with a warning if some run has it.
//
// Each row is judged alone: of twenty rows where nothing differs, one may well show a difference.
absl::StatusOr<ResultComparison> CompareResults(const std::vector<NamedResult>& a,
                                                const std::vector<NamedResult>& b,
                                                const std::vector<std::string>& metrics,
                                                const BootstrapOptions& options);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_COMPARE_COMPARE_RESULTS_H_
