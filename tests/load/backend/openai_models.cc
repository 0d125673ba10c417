#include "tests/load/backend/openai_models.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"

namespace baton {
namespace {

using nlohmann::json;

constexpr size_t kQuotedBytes = 300;

// 0 when it is not there, or no count.
uint32_t CountMember(const json& object, const char* name) {
  const auto member = object.is_object() ? object.find(name) : object.end();
  if (member == object.end() || !member->is_number_unsigned()) return 0;
  const uint64_t n = member->get<uint64_t>();
  return n > std::numeric_limits<uint32_t>::max() ? 0 : static_cast<uint32_t>(n);
}

ServerFacts Facts(const json& model) {
  ServerFacts facts;
  facts.model = model["id"].get<std::string>();
  facts.max_model_len = CountMember(model, "max_model_len");
  if (model.contains("meta")) facts.vocab_size = CountMember(model["meta"], "n_vocab");
  return facts;
}

bool IsModel(const json& model) {
  return model.is_object() && model.contains("id") && model["id"].is_string();
}

}  // namespace

absl::StatusOr<ServerFacts> ChooseOpenAiModel(absl::string_view body, absl::string_view wanted) {
  const json answer = json::parse(body.begin(), body.end(), nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object() || !answer.contains("data") || !answer["data"].is_array()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the answer is no list of models: ", body.substr(0, kQuotedBytes)));
  }
  std::vector<std::string> names;
  for (const json& model : answer["data"]) {
    if (!IsModel(model)) continue;
    ServerFacts facts = Facts(model);
    if (wanted.empty() || facts.model == wanted) return facts;
    names.push_back(std::move(facts.model));
  }
  if (names.empty()) return absl::NotFoundError("it serves no model");
  return absl::NotFoundError(
      absl::StrCat("it serves ", absl::StrJoin(names, ", "), ", not ", wanted));
}

}  // namespace baton
