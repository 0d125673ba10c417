#include "tests/load/bench/golden_answers.h"

#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace baton {
namespace {

using Json = nlohmann::ordered_json;

// 64 bits do not fit a number of JSON.
std::string Hex(uint64_t value) { return absl::StrFormat("%016x", value); }

bool ParseHex(const Json& json, const char* key, uint64_t* value) {
  return json.contains(key) && json[key].is_string() &&
         absl::SimpleHexAtoi(json[key].get<std::string>(), value);
}

bool ParseAnswer(const Json& json, GoldenAnswers* golden) {
  KnownAnswer answer;
  if (!json.is_object() || !json.contains("index") || !json["index"].is_number_unsigned() ||
      !json.contains("tokens") || !json["tokens"].is_number_unsigned() ||
      !ParseHex(json, "digest", &answer.digest) || !json.contains("numerics_class") ||
      !json["numerics_class"].is_string()) {
    return false;
  }
  answer.tokens = json["tokens"].get<uint32_t>();
  answer.numerics_class = json["numerics_class"].get<std::string>();
  golden->answers[json["index"].get<uint64_t>()] = std::move(answer);
  return true;
}

}  // namespace

absl::Status WriteGoldenAnswers(const std::string& path, const GoldenAnswers& golden) {
  Json answers = Json::array();
  for (const auto& [index, answer] : golden.answers) {
    answers.push_back({{"index", index},
                       {"digest", Hex(answer.digest)},
                       {"tokens", answer.tokens},
                       {"numerics_class", answer.numerics_class}});
  }
  const Json json = {{"format", "baton golden answers 1"},
                     {"model", golden.model},
                     {"prompts_digest", Hex(golden.prompts_digest)},
                     {"answers", std::move(answers)}};
  std::ofstream file(path);
  file << json.dump(1) << "\n";
  file.close();
  if (!file) return absl::DataLossError(absl::StrCat(path, ": can not be written"));
  return absl::OkStatus();
}

absl::StatusOr<GoldenAnswers> ReadGoldenAnswers(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": can not be read"));
  const Json json = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  const auto wrong = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is not a file of golden answers, as --save-golden writes it"));
  };
  GoldenAnswers golden;
  if (!json.is_object() || json.value("format", Json()) != "baton golden answers 1" ||
      !json.contains("model") || !json["model"].is_string() ||
      !ParseHex(json, "prompts_digest", &golden.prompts_digest) || !json.contains("answers") ||
      !json["answers"].is_array()) {
    return wrong();
  }
  golden.model = json["model"].get<std::string>();
  for (const Json& answer : json["answers"]) {
    if (!ParseAnswer(answer, &golden)) return wrong();
  }
  return golden;
}

}  // namespace baton
