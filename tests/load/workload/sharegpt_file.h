// The file of ShareGPT's conversations: a JSON array of objects with
//   "conversations": [{"from": "human", "value": "..."}, {"from": "gpt", "value": "..."}, ...]
// as ShareGPT_V3_unfiltered_cleaned_split.json is. Other keys are left alone.
#ifndef BATON_TESTS_LOAD_WORKLOAD_SHAREGPT_FILE_H_
#define BATON_TESTS_LOAD_WORKLOAD_SHAREGPT_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/load/request/load_request.h"

namespace baton {

// Each entry's turns, in order; a turn's role is its "from" as it stands. The file and its tree
// are in memory at once meanwhile: a few times the file's size. Errors name the file, and the
// entry and turn, counted from 0.
absl::StatusOr<std::vector<std::vector<ChatTurn>>> ReadShareGptFile(const std::string& path);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_SHAREGPT_FILE_H_
