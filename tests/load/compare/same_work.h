// Whether results can be compared at all. Pure.
#ifndef BATON_TESTS_LOAD_COMPARE_SAME_WORK_H_
#define BATON_TESTS_LOAD_COMPARE_SAME_WORK_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/load/report/result_file.h"

namespace baton {

// OK if there are as many of `a` as of `b`, at least one, and all did the same work: the same
// num_prompts, and total_output_tokens that differ from those of the first of `a` by at most 1 %.
// INVALID_ARGUMENT, naming a file and a key, if not.
absl::Status CheckSameWork(const std::vector<NamedResult>& a, const std::vector<NamedResult>& b);

// What makes the comparison doubtful: runs that are not valid or partial, a load that was asked for
// differently, an order of runs that favours one side or is not known.
std::vector<std::string> ComparisonWarnings(const std::vector<NamedResult>& a,
                                            const std::vector<NamedResult>& b);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_COMPARE_SAME_WORK_H_
