// Takes fields out of a JSON object. Errors are INVALID_ARGUMENT and name the field, what it holds
// and what was expected.
#ifndef BATON_TESTS_LOAD_WORKLOAD_JSON_FIELDS_H_
#define BATON_TESTS_LOAD_WORKLOAD_JSON_FIELDS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace baton {

// "a string", "an array", and so on.
std::string JsonKind(const nlohmann::json& value);

absl::StatusOr<std::string> JsonString(const nlohmann::json& object, const std::string& key);

// A number of tokens, 1 to kMostTokens (token_counter.h).
absl::StatusOr<uint32_t> JsonTokens(const nlohmann::json& object, const std::string& key);

// A number that is not negative.
absl::StatusOr<double> JsonTime(const nlohmann::json& object, const std::string& key);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_JSON_FIELDS_H_
