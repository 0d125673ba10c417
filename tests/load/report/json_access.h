// Reads JSON whose shape is not known to be right: what is absent or of another type is simply not
// there. Nothing here throws.
#ifndef BATON_TESTS_LOAD_REPORT_JSON_ACCESS_H_
#define BATON_TESTS_LOAD_REPORT_JSON_ACCESS_H_

#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "nlohmann/json.hpp"

namespace baton {

// The member `key` of `object`; a JSON null if there is none or `object` is none.
const nlohmann::json& JsonMember(const nlohmann::json& object, const std::string& key);

// A finite number.
absl::optional<double> JsonNumber(const nlohmann::json& object, const std::string& key);
bool JsonBool(const nlohmann::json& object, const std::string& key, bool otherwise);

// A string as it is, null and what is absent as nothing, anything else as JSON.
std::string JsonText(const nlohmann::json& value);

// The elements of an array; NaN for those that are no numbers.
std::vector<double> JsonNumbers(const nlohmann::json& array);

// The elements of an array, each as JsonText has it.
std::vector<std::string> JsonTexts(const nlohmann::json& array);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_JSON_ACCESS_H_
