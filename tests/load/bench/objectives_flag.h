// The value of --goodput.
#ifndef BATON_TESTS_LOAD_BENCH_OBJECTIVES_FLAG_H_
#define BATON_TESTS_LOAD_BENCH_OBJECTIVES_FLAG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/load/metrics/run_summary.h"

namespace baton {

// From "ttft:200", "tpot:50", "e2el:3000", in milliseconds, each at most once. INVALID_ARGUMENT
// quotes what is none of these.
absl::StatusOr<Objectives> ParseObjectives(const std::vector<std::string>& values);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BENCH_OBJECTIVES_FLAG_H_
