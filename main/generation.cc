#include "main/generation.h"

#include <algorithm>
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

// Joins what PromptPiece and GeneratedPiece have in common.
template <typename Piece>
void Append(const Piece& piece, Piece* joined) {
  joined->mutable_token_ids()->MergeFrom(piece.token_ids());
  joined->mutable_logprobs()->MergeFrom(piece.logprobs());
  joined->mutable_text()->append(piece.text());
}

// How an answer, or any of several, was ended that might have gone on; empty: by nothing of the
// kind.
absl::string_view CutOff(const Generation& generation) {
  const auto ended = [&](v1::FinishReason reason) {
    return generation.finished.reason() == reason ||
           std::any_of(
               generation.choices.begin(), generation.choices.end(),
               [&](const auto& choice) { return choice.second.finished.reason() == reason; });
  };
  if (ended(v1::FINISH_REASON_DEADLINE)) return "cut off by the deadline";
  if (ended(v1::FINISH_REASON_DRAIN)) return "cut off: the server is shutting down";
  return "";
}

// Adds what one message says.
void Collect(const v1::GenerateResponse& response, Generation* generation) {
  switch (response.event_case()) {
    case v1::GenerateResponse::kStarted:
      generation->started = response.started();
      break;
    case v1::GenerateResponse::kPrompt:
      Append(response.prompt(), &generation->prompt);
      break;
    case v1::GenerateResponse::kPiece:
      Append(response.piece(), &generation->choices[response.piece().choice()].output);
      break;
    case v1::GenerateResponse::kChoiceFinished:
      generation->choices[response.choice_finished().choice()].finished =
          response.choice_finished();
      break;
    case v1::GenerateResponse::kFinished:
      generation->finished = response.finished();
      break;
    case v1::GenerateResponse::EVENT_NOT_SET:
      break;
  }
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

int64_t Generation::NumTokens() const {
  int64_t tokens = 0;
  for (const auto& [index, choice] : choices) tokens += choice.output.token_ids_size();
  return tokens;
}

double Generation::TokensPerSecond() const {
  if (ranked) {
    return total > absl::ZeroDuration()
               ? finished.usage().output_tokens() / absl::ToDoubleSeconds(total)
               : 0;
  }
  const double seconds = absl::ToDoubleSeconds(total - first_token);
  if (NumTokens() < 2 || seconds <= 0) return 0;
  return (NumTokens() - 1) / seconds;
}

Generation RunGeneration(Client* client, const v1::GenerateRequest& request, absl::Duration timeout,
                         ActiveCalls* active,
                         const std::function<void(absl::string_view)>& on_text) {
  Generation generation;
  generation.several = request.n() > 1 || request.best_of() > 1;
  generation.ranked = request.best_of() > std::max(request.n(), 1u);
  const absl::Time start = Clock::Real()->Now();
  const std::unique_ptr<GenerateCall> call = client->Generate(request, timeout);
  const ActiveCall registered(active, call.get());
  v1::GenerateResponse response;
  while (call->Read(&response)) {
    if (generation.NumTokens() == 0 && response.piece().token_ids_size() > 0) {
      generation.first_token = Clock::Real()->Now() - start;
    }
    Collect(response, &generation);
    for (const std::string* text : {&response.prompt().text(), &response.piece().text()}) {
      if (!text->empty()) on_text(*text);
    }
  }
  generation.status = call->Finish();
  generation.total = Clock::Real()->Now() - start;
  return generation;
}

std::string FiguresLine(const Generation& generation, absl::string_view shards) {
  std::string line = absl::StrCat("prompt ", generation.started.prompt_tokens(), " tokens");
  if (const uint32_t cached = generation.finished.usage().cached_tokens()) {
    absl::StrAppend(&line, " (", cached, " cached)");
  }
  absl::StrAppend(&line, ", output ", generation.NumTokens(), " tokens");
  const uint32_t generated = generation.finished.usage().output_tokens();
  if (generation.ranked && generated > 0) absl::StrAppend(&line, " of ", generated, " generated");
  if (const absl::string_view cut = CutOff(generation); !cut.empty()) {
    absl::StrAppend(&line, " (", cut, ")");
  }
  if (generation.NumTokens() > 0) {
    absl::StrAppend(&line, generation.ranked ? ", all after " : ", first token ",
                    ShowDuration(generation.first_token));
  }
  if (generation.TokensPerSecond() > 0) {
    absl::StrAppendFormat(&line, ", %.1f tok/s%s", generation.TokensPerSecond(),
                          generation.ranked ? " generated" : "");
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

const char* ReasonName(v1::FinishReason reason) {
  switch (reason) {
    case v1::FINISH_REASON_STOP:
      return "stop";
    case v1::FINISH_REASON_LENGTH:
      return "length";
    case v1::FINISH_REASON_DRAIN:
      return "drain";
    case v1::FINISH_REASON_DEADLINE:
      return "deadline";
    default:
      return "unknown";
  }
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
