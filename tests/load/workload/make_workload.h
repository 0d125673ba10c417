// Makes the workload that the command line asks for.
#ifndef BATON_TESTS_LOAD_WORKLOAD_MAKE_WORKLOAD_H_
#define BATON_TESTS_LOAD_WORKLOAD_MAKE_WORKLOAD_H_

#include <memory>

#include "absl/status/statusor.h"
#include "tests/load/workload/token_counter.h"
#include "tests/load/workload/workload.h"
#include "tests/load/workload/workload_options.h"

namespace baton {

// Reads the file, if there is one. `count` is used for texts of files only, and only within this
// call. Errors of options name the option, its value and what was expected;
// those of a file are described with its workload.
absl::StatusOr<std::unique_ptr<Workload>> MakeWorkload(
    const WorkloadOptions& options, const TokenCounter& count = EstimatingCounter());

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_MAKE_WORKLOAD_H_
