// Result files of baton bench, and of `vllm bench serve`.
#ifndef BATON_TESTS_LOAD_REPORT_RESULT_FILE_H_
#define BATON_TESTS_LOAD_REPORT_RESULT_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace baton {

struct NamedResult {
  std::string name;
  nlohmann::json json;
};

// The results in the file at `path`, in its order: one JSON object, or one a line (appended
// results). Each has the path for its name, with "#2" and so on if there are several. NOT_FOUND if
// the file cannot be read; INVALID_ARGUMENT, naming the file and what is wrong or the key that is
// missing, if it holds no result or anything else.
absl::StatusOr<std::vector<NamedResult>> ReadResultFile(const std::string& path);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_RESULT_FILE_H_
