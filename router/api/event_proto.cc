#include "router/api/event_proto.h"

#include <utility>

#include "absl/time/time.h"

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
  }
  return v1::FINISH_REASON_UNSPECIFIED;
}

// google.protobuf.Duration: seconds and nanoseconds, of the same sign.
void SetDuration(absl::Duration from, google::protobuf::Duration* to) {
  to->set_seconds(absl::IDivDuration(from, absl::Seconds(1), &from));
  to->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(from)));
}

}  // namespace

v1::GeneratedPiece PieceProto(PieceEvent event) {
  v1::GeneratedPiece piece;
  piece.set_position(event.position);
  piece.mutable_token_ids()->Add(event.token_ids.begin(), event.token_ids.end());
  piece.set_text(std::move(event.text));
  for (const PieceEvent::Logprobs& from : event.logprobs) {
    v1::TokenLogprobs* to = piece.add_logprobs();
    to->set_logprob(from.logprob);
    for (const TokenLogprob& top : from.top) {
      v1::TokenLogprob* entry = to->add_top();
      entry->set_token_id(static_cast<uint32_t>(top.token_id));
      entry->set_logprob(top.logprob);
    }
  }
  return piece;
}

v1::GenerateFinished FinishedProto(const FinishedEvent& event, uint32_t prompt_tokens,
                                   const std::string& numerics_class) {
  v1::GenerateFinished finished;
  finished.set_reason(ReasonProto(event.reason));
  if (event.stop_token_id) finished.set_stop_token_id(static_cast<uint32_t>(*event.stop_token_id));
  if (event.stop_string) finished.set_stop_string(*event.stop_string);
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
