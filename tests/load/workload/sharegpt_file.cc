#include "tests/load/workload/sharegpt_file.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "tests/load/workload/dataset_file.h"
#include "tests/load/workload/json_fields.h"

namespace baton {
namespace {

absl::StatusOr<ChatTurn> ReadTurn(const nlohmann::json& turn) {
  if (!turn.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", JsonKind(turn), "; expected an object with \"from\" and \"value\""));
  }
  ASSIGN_OR_RETURN(std::string from, JsonString(turn, "from"));
  ASSIGN_OR_RETURN(std::string value, JsonString(turn, "value"));
  return ChatTurn{std::move(from), std::move(value)};
}

absl::StatusOr<std::vector<ChatTurn>> ReadEntry(const nlohmann::json& entry) {
  const auto list = entry.is_object() ? entry.find("conversations") : entry.end();
  if (!entry.is_object() || list == entry.end() || !list->is_array()) {
    return absl::InvalidArgumentError(
        absl::StrCat(": found ", entry.is_object() ? "an object without it" : JsonKind(entry),
                     "; expected an object with an array \"conversations\""));
  }
  std::vector<ChatTurn> turns;
  for (const nlohmann::json& item : *list) {
    auto turn = ReadTurn(item);
    if (!turn.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(", turn ", turns.size(), ": ", turn.status().message()));
    }
    turns.push_back(*std::move(turn));
  }
  return turns;
}

}  // namespace

absl::StatusOr<std::vector<std::vector<ChatTurn>>> ReadShareGptFile(const std::string& path) {
  ASSIGN_OR_RETURN(const nlohmann::json file, ReadJsonFile(path));
  if (!file.is_array()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": found ", JsonKind(file), "; expected an array of conversations"));
  }
  std::vector<std::vector<ChatTurn>> entries;
  for (const nlohmann::json& item : file) {
    auto entry = ReadEntry(item);
    if (!entry.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": entry ", entries.size(), entry.status().message()));
    }
    entries.push_back(*std::move(entry));
  }
  return entries;
}

}  // namespace baton
