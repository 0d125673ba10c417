// Results of runs that never were, for tests of reports and comparisons.
#ifndef BATON_TESTS_LOAD_REPORT_SYNTHETIC_RESULTS_H_
#define BATON_TESTS_LOAD_REPORT_SYNTHETIC_RESULTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "tests/load/report/result_file.h"

namespace baton {

struct SyntheticRun {
  std::string name = "run", label = "";
  uint64_t seed = 1;
  size_t requests = 300;
  double rate = 8;         // requests due a second
  double slowness = 1;     // multiplies all latencies
  size_t concurrency = 0;  // 0: open loop
};

// A result with all that the schema has, the same for the same `run`.
NamedResult MakeSyntheticResult(const SyntheticRun& run);

// Three runs in open loop, one of them not valid and another partial.
std::vector<NamedResult> ThreeSyntheticRuns();

// Three servers, each at three concurrencies.
std::vector<NamedResult> SyntheticSweep();

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_SYNTHETIC_RESULTS_H_
