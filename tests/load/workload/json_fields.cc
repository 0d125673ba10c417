#include "tests/load/workload/json_fields.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/load/workload/token_counter.h"

namespace baton {
namespace {

absl::Status Wrong(const std::string& key, absl::string_view found, absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", key, "\": found ", found, "; expected ", expected));
}

// Numbers as they are, else the kind.
std::string Found(const nlohmann::json& object, const std::string& key) {
  const auto field = object.find(key);
  if (field == object.end()) return "no such key";
  return field->is_number() ? field->dump() : JsonKind(*field);
}

}  // namespace

std::string JsonKind(const nlohmann::json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (value.is_string()) return "a string";
  if (value.is_boolean()) return "a boolean";
  if (value.is_number()) return "a number";
  return "null";
}

absl::StatusOr<std::string> JsonString(const nlohmann::json& object, const std::string& key) {
  const auto field = object.find(key);
  if (field == object.end() || !field->is_string()) {
    return Wrong(key, Found(object, key), "a string");
  }
  return field->get<std::string>();
}

absl::StatusOr<uint32_t> JsonTokens(const nlohmann::json& object, const std::string& key) {
  const auto field = object.find(key);
  const uint64_t number =
      field != object.end() && field->is_number_unsigned() ? field->get<uint64_t>() : 0;
  if (number >= 1 && number <= kMostTokens) return static_cast<uint32_t>(number);
  return Wrong(key, Found(object, key), absl::StrCat("an integer from 1 to ", kMostTokens));
}

absl::StatusOr<double> JsonTime(const nlohmann::json& object, const std::string& key) {
  const auto field = object.find(key);
  const double number = field != object.end() && field->is_number() ? field->get<double>() : -1;
  if (number >= 0) return number;
  return Wrong(key, Found(object, key), "a number of at least 0");
}

}  // namespace baton
