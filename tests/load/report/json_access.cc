#include "tests/load/report/json_access.h"

#include <cmath>
#include <limits>

namespace baton {

const nlohmann::json& JsonMember(const nlohmann::json& object, const std::string& key) {
  static const auto& null = *new nlohmann::json();
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? null : *found;
}

absl::optional<double> JsonNumber(const nlohmann::json& object, const std::string& key) {
  const nlohmann::json& member = JsonMember(object, key);
  if (!member.is_number()) return absl::nullopt;
  const double number = member.get<double>();
  if (!std::isfinite(number)) return absl::nullopt;
  return number;
}

bool JsonBool(const nlohmann::json& object, const std::string& key, bool otherwise) {
  const nlohmann::json& member = JsonMember(object, key);
  return member.is_boolean() ? member.get<bool>() : otherwise;
}

std::string JsonText(const nlohmann::json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get_ref<const std::string&>();
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<double> JsonNumbers(const nlohmann::json& array) {
  std::vector<double> numbers;
  if (!array.is_array()) return numbers;
  numbers.reserve(array.size());
  for (const nlohmann::json& element : array) {
    numbers.push_back(element.is_number() ? element.get<double>()
                                          : std::numeric_limits<double>::quiet_NaN());
  }
  return numbers;
}

std::vector<std::string> JsonTexts(const nlohmann::json& array) {
  std::vector<std::string> texts;
  if (!array.is_array()) return texts;
  texts.reserve(array.size());
  for (const nlohmann::json& element : array) texts.push_back(JsonText(element));
  return texts;
}

}  // namespace baton
