#include "main/generation_json.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/error_details.h"
#include "google/protobuf/repeated_field.h"
#include "nlohmann/json.hpp"

namespace baton {
namespace {

using Json = nlohmann::ordered_json;

double Seconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9;
}

Json LogprobsJson(const google::protobuf::RepeatedPtrField<v1::TokenLogprobs>& logprobs) {
  Json all = Json::array();
  for (const v1::TokenLogprobs& token : logprobs) {
    Json top = Json::array();
    for (const v1::TokenLogprob& likely : token.top()) {
      top.push_back({{"token_id", likely.token_id()}, {"logprob", likely.logprob()}});
    }
    all.push_back({{"logprob", token.logprob()}, {"top", top}});
  }
  return all;
}

Json StartedJson(const v1::GenerateStarted& started) {
  return {{"request_id", started.request_id()},
          {"model", started.model()},
          {"group", started.group()},
          {"seed", started.seed()},
          {"numerics_class", started.numerics_class()},
          {"model_digest", started.model_digest()},
          {"prompt_digest", started.prompt_digest()},
          {"prompt_tokens", started.prompt_tokens()},
          {"max_tokens", started.max_tokens()}};
}

// What PromptPiece and GeneratedPiece have in common.
template <typename Piece>
void AddTokens(const Piece& piece, Json* out) {
  Json& json = *out;
  json["text"] = piece.text();
  json["token_ids"] = piece.token_ids();
  if (!piece.logprobs().empty()) json["logprobs"] = LogprobsJson(piece.logprobs());
}

// What GenerateFinished and ChoiceFinished have in common.
template <typename Finished>
void AddEnd(const Finished& finished, Json* out) {
  Json& json = *out;
  json["finish_reason"] = ReasonName(finished.reason());
  if (finished.has_stop_token_id()) json["stop_token_id"] = finished.stop_token_id();
  if (finished.has_stop_string()) json["stop_string"] = finished.stop_string();
}

Json PromptJson(const v1::PromptPiece& prompt) {
  Json json = Json::object();
  AddTokens(prompt, &json);
  if (!prompt.logprobs().empty()) json["logprobs"][0] = nullptr;  // nothing predicts the first
  return json;
}

Json ChoiceJson(uint32_t index, const Choice& choice) {
  Json json = {{"choice", index}};
  AddTokens(choice.output, &json);
  if (choice.finished.reason() == v1::FINISH_REASON_UNSPECIFIED) return json;  // it did not end
  AddEnd(choice.finished, &json);
  json["output_tokens"] = choice.finished.output_tokens();
  if (choice.finished.has_cumulative_logprob()) {
    json["cumulative_logprob"] = choice.finished.cumulative_logprob();
  }
  return json;
}

void AddFinished(const v1::GenerateFinished& finished, Json* out) {
  Json& json = *out;
  AddEnd(finished, &json);
  json["usage"] = {{"prompt_tokens", finished.usage().prompt_tokens()},
                   {"output_tokens", finished.usage().output_tokens()},
                   {"cached_tokens", finished.usage().cached_tokens()}};
  json["timings"] = {{"queued_seconds", Seconds(finished.timings().queued())},
                     {"prefill_seconds", Seconds(finished.timings().prefill())},
                     {"first_token_seconds", Seconds(finished.timings().first_token())},
                     {"total_seconds", Seconds(finished.timings().total())}};
}

Json ErrorJson(const absl::Status& status) {
  Json json = {{"code", absl::StatusCodeToString(status.code())},
               {"message", std::string(status.message())}};
  for (const FieldViolation& violation : FieldViolations(status)) {
    json["fields"].push_back({{"field", violation.field}, {"description", violation.description}});
  }
  if (const auto delay = RetryAfter(status)) {
    json["retry_after_seconds"] = absl::ToDoubleSeconds(*delay);
  }
  if (const auto reason = Reason(status)) json["reason"] = *reason;
  return json;
}

}  // namespace

std::string GenerationJson(const Generation& generation, size_t index, size_t line) {
  Json json = {{"index", index}};
  if (line > 0) json["line"] = line;
  if (!generation.started.request_id().empty()) json.update(StartedJson(generation.started));
  if (!generation.prompt.token_ids().empty()) json["prompt"] = PromptJson(generation.prompt);
  if (generation.several) {
    for (const auto& [number, choice] : generation.choices) {
      json["choices"].push_back(ChoiceJson(number, choice));
    }
  } else {
    AddTokens(generation.output(), &json);
  }
  if (generation.status.ok()) {
    AddFinished(generation.finished, &json);
  } else {
    json["error"] = ErrorJson(generation.status);
  }
  json["client"] = {{"first_token_seconds", absl::ToDoubleSeconds(generation.first_token)},
                    {"total_seconds", absl::ToDoubleSeconds(generation.total)},
                    {"tokens_per_second", generation.TokensPerSecond()}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace baton
