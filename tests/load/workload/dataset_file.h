// Reads files of JSON, and says where one is wrong. No exception comes out of it.
#ifndef BATON_TESTS_LOAD_WORKLOAD_DATASET_FILE_H_
#define BATON_TESTS_LOAD_WORKLOAD_DATASET_FILE_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace baton {

// A file that is one JSON value. NOT_FOUND if it cannot be read; INVALID_ARGUMENT, with the
// position of the first byte that is wrong, if it is not JSON. Both name the file.
absl::StatusOr<nlohmann::json> ReadJsonFile(const std::string& path);

// Calls `row` with each line's JSON object, in order, and leaves out blank lines. It stops at the
// first `most` rows (0: all) and at the first error, which is returned with the file and the number
// of the line, from 1. A line that is no JSON object, and a file without rows, are errors.
absl::Status ForEachJsonLine(const std::string& path, size_t most,
                             const std::function<absl::Status(const nlohmann::json&)>& row);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_DATASET_FILE_H_
