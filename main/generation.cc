#include "main/generation.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/clock.h"
#include "common/error_details.h"
#include "main/flag_values.h"
#include "nlohmann/json.hpp"

namespace baton {

// Keeps a call in ActiveCalls for as long as it runs.
class ActiveCall {
 public:
  ActiveCall(ActiveCalls* active, GenerateCall* call) : active_(active), call_(call) {
    MutexLock lock(&active_->mu_);
    active_->calls_.insert(call_);
    if (active_->cancelled_) call_->Cancel();
  }
  ~ActiveCall() {
    MutexLock lock(&active_->mu_);
    active_->calls_.erase(call_);
  }
  ActiveCall(const ActiveCall&) = delete;
  ActiveCall& operator=(const ActiveCall&) = delete;

 private:
  ActiveCalls* const active_;
  GenerateCall* const call_;
};

namespace {

using Json = nlohmann::ordered_json;

double Seconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9;
}

const char* ReasonName(v1::FinishReason reason) {
  switch (reason) {
    case v1::FINISH_REASON_STOP:
      return "stop";
    case v1::FINISH_REASON_LENGTH:
      return "length";
    case v1::FINISH_REASON_DRAIN:
      return "drain";
    default:
      return "unknown";
  }
}

Json LogprobsJson(const v1::GeneratedPiece& output) {
  Json all = Json::array();
  for (const v1::TokenLogprobs& token : output.logprobs()) {
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

void AddFinished(const v1::GenerateFinished& finished, Json* out) {
  Json& json = *out;
  json["finish_reason"] = ReasonName(finished.reason());
  if (finished.has_stop_token_id()) json["stop_token_id"] = finished.stop_token_id();
  if (finished.has_stop_string()) json["stop_string"] = finished.stop_string();
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

void Append(const v1::GeneratedPiece& piece, v1::GeneratedPiece* output) {
  output->mutable_token_ids()->MergeFrom(piece.token_ids());
  output->mutable_logprobs()->MergeFrom(piece.logprobs());
  output->mutable_text()->append(piece.text());
}

}  // namespace

void ActiveCalls::CancelAll() {
  MutexLock lock(&mu_);
  cancelled_ = true;
  for (GenerateCall* call : calls_) call->Cancel();
}

bool ActiveCalls::cancelled() const {
  MutexLock lock(&mu_);
  return cancelled_;
}

double Generation::TokensPerSecond() const {
  const double seconds = absl::ToDoubleSeconds(total - first_token);
  if (output.token_ids_size() < 2 || seconds <= 0) return 0;
  return (output.token_ids_size() - 1) / seconds;
}

Generation RunGeneration(Client* client, const v1::GenerateRequest& request, absl::Duration timeout,
                         ActiveCalls* active,
                         const std::function<void(absl::string_view)>& on_text) {
  Generation generation;
  const absl::Time start = Clock::Real()->Now();
  const std::unique_ptr<GenerateCall> call = client->Generate(request, timeout);
  const ActiveCall registered(active, call.get());
  v1::GenerateResponse response;
  while (call->Read(&response)) {
    if (response.has_started()) generation.started = response.started();
    if (response.has_finished()) generation.finished = response.finished();
    if (!response.has_piece()) continue;
    if (generation.output.token_ids().empty() && !response.piece().token_ids().empty()) {
      generation.first_token = Clock::Real()->Now() - start;
    }
    Append(response.piece(), &generation.output);
    if (!response.piece().text().empty()) on_text(response.piece().text());
  }
  generation.status = call->Finish();
  generation.total = Clock::Real()->Now() - start;
  return generation;
}

std::string FiguresLine(const Generation& generation, absl::string_view shards) {
  std::string line =
      absl::StrFormat("prompt %d tokens, output %d tokens", generation.started.prompt_tokens(),
                      generation.output.token_ids_size());
  if (generation.output.token_ids_size() > 0) {
    absl::StrAppend(&line, ", first token ", ShowDuration(generation.first_token));
  }
  if (generation.TokensPerSecond() > 0) {
    absl::StrAppendFormat(&line, ", %.1f tok/s", generation.TokensPerSecond());
  }
  absl::StrAppend(&line, ", group ", generation.started.group());
  if (!shards.empty()) absl::StrAppend(&line, " (", shards, ")");
  return line;
}

std::string DescribeShards(Client* client, absl::string_view group) {
  const auto status = client->GetClusterStatus({}, absl::Seconds(2));
  if (!status.ok()) return "";
  for (const v1::GroupStatus& known : status->groups()) {
    if (known.name() == group) return absl::StrCat("tp ", known.tp(), " x pp ", known.pp());
  }
  return "";
}

std::string GenerationJson(const Generation& generation, size_t index) {
  Json json = {{"index", index}};
  if (!generation.started.request_id().empty()) json.update(StartedJson(generation.started));
  json["text"] = generation.output.text();
  json["token_ids"] = generation.output.token_ids();
  if (!generation.output.logprobs().empty()) json["logprobs"] = LogprobsJson(generation.output);
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

std::string DescribeError(const absl::Status& status) {
  std::string text = status.message().empty() ? absl::StatusCodeToString(status.code())
                                              : std::string(status.message());
  if (const auto delay = RetryAfter(status)) {
    absl::StrAppend(&text, " (try again in ", ShowDuration(*delay), ")");
  }
  return text;
}

}  // namespace baton
