// What a workload was, for reports.
#ifndef BATON_TESTS_LOAD_BENCH_DESCRIBE_WORKLOAD_H_
#define BATON_TESTS_LOAD_BENCH_DESCRIBE_WORKLOAD_H_

#include "nlohmann/json.hpp"
#include "tests/load/workload/workload_options.h"

namespace baton {

// Whether requests follow on answers.
bool IsMultiTurn(const WorkloadOptions& options);

// The sampling that every request asks for; what is left to the server is not in it.
nlohmann::ordered_json DescribeSampling(const WorkloadOptions& options);

// The options that matter to it, by their names.
nlohmann::ordered_json DescribeWorkload(const WorkloadOptions& options);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BENCH_DESCRIBE_WORKLOAD_H_
