#include "router/api/event_proto.h"

#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/repeated_field.h"

namespace baton {
namespace {

v1::FinishReason ReasonProto(FinishReason reason) {
  switch (reason) {
    case FinishReason::kStop:
      return v1::FINISH_REASON_STOP;
    case FinishReason::kLength:
      return v1::FINISH_REASON_LENGTH;
    case FinishReason::kDrain:
      return v1::FINISH_REASON_DRAIN;
    case FinishReason::kDeadline:
      return v1::FINISH_REASON_DEADLINE;
  }
  return v1::FINISH_REASON_UNSPECIFIED;
}

// google.protobuf.Duration: seconds and nanoseconds, of the same sign.
void SetDuration(absl::Duration from, google::protobuf::Duration* to) {
  to->set_seconds(absl::IDivDuration(from, absl::Seconds(1), &from));
  to->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(from)));
}

void SetLogprobs(const std::vector<TokenLogprobs>& from,
                 google::protobuf::RepeatedPtrField<v1::TokenLogprobs>* to) {
  to->Reserve(static_cast<int>(from.size()));
  for (const TokenLogprobs& token : from) {
    v1::TokenLogprobs* const out = to->Add();
    out->set_logprob(token.logprob);
    for (const TokenLogprob& top : token.top) {
      v1::TokenLogprob* const entry = out->add_top();
      entry->set_token_id(static_cast<uint32_t>(top.token_id));
      entry->set_logprob(top.logprob);
    }
  }
}

// What PromptPiece and GeneratedPiece have in common.
template <typename Event, typename Proto>
void SetTokens(Event event, Proto* proto) {
  proto->set_position(event.position);
  proto->mutable_token_ids()->Add(event.token_ids.begin(), event.token_ids.end());
  proto->set_text(std::move(event.text));
  SetLogprobs(event.logprobs, proto->mutable_logprobs());
}

// What GenerateFinished and ChoiceFinished have in common.
template <typename Proto>
void SetEnd(const ChoiceEnd& end, Proto* proto) {
  proto->set_reason(ReasonProto(end.reason));
  if (end.stop_token_id) proto->set_stop_token_id(static_cast<uint32_t>(*end.stop_token_id));
  if (end.stop_string) proto->set_stop_string(*end.stop_string);
}

}  // namespace

v1::PromptPiece PromptProto(PromptEvent event) {
  v1::PromptPiece piece;
  SetTokens(std::move(event), &piece);
  return piece;
}

v1::GeneratedPiece PieceProto(PieceEvent event) {
  v1::GeneratedPiece piece;
  piece.set_choice(event.choice);
  SetTokens(std::move(event), &piece);
  return piece;
}

v1::ChoiceFinished ChoiceFinishedProto(const ChoiceEnd& end) {
  v1::ChoiceFinished finished;
  finished.set_choice(end.choice);
  SetEnd(end, &finished);
  finished.set_output_tokens(end.output_tokens);
  if (end.cumulative_logprob) finished.set_cumulative_logprob(*end.cumulative_logprob);
  return finished;
}

v1::GenerateFinished FinishedProto(const FinishedEvent& event, uint32_t prompt_tokens,
                                   const std::string& numerics_class) {
  v1::GenerateFinished finished;
  SetEnd(event.first, &finished);
  finished.mutable_usage()->set_prompt_tokens(prompt_tokens);
  finished.mutable_usage()->set_output_tokens(event.output_tokens);
  finished.mutable_usage()->set_cached_tokens(event.cached_tokens);
  SetDuration(event.queued, finished.mutable_timings()->mutable_queued());
  SetDuration(event.prefill, finished.mutable_timings()->mutable_prefill());
  SetDuration(event.first_token, finished.mutable_timings()->mutable_first_token());
  SetDuration(event.total, finished.mutable_timings()->mutable_total());
  finished.set_numerics_class(numerics_class);
  return finished;
}

}  // namespace baton
