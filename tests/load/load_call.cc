#include "tests/load/load_call.h"

#include <utility>

#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/error_details.h"
#include "common/status_mapping.h"

namespace baton {

LoadCall::LoadCall(v1::GenerateRequest request, absl::Time scheduled,
                   std::function<void(Outcome)> done)
    : request_(std::move(request)), scheduled_(scheduled), done_(std::move(done)) {}

void LoadCall::Start(v1::InferenceService::Stub* stub, v1::GenerateRequest request,
                     absl::Time scheduled, absl::Duration deadline,
                     std::function<void(Outcome)> done) {
  auto* call = new LoadCall(std::move(request), scheduled, std::move(done));
  call->outcome_.late = absl::Now() - scheduled;
  if (deadline != absl::InfiniteDuration()) {
    call->context_.set_deadline(absl::ToChronoTime(scheduled + deadline));
  }
  stub->async()->Generate(&call->context_, &call->request_, call);
  call->StartRead(&call->response_);
  call->StartCall();
}

void LoadCall::OnReadDone(bool ok) {
  if (!ok) return;
  const absl::Duration now = absl::Now() - scheduled_;
  if (response_.has_started()) outcome_.started = now;
  if (response_.has_piece()) {
    if (!outcome_.first_token) outcome_.first_token = now;
    outcome_.tokens += static_cast<uint32_t>(response_.piece().token_ids_size());
  }
  if (response_.has_finished()) {
    const v1::FinishReason reason = response_.finished().reason();
    outcome_.finish =
        std::string(absl::StripPrefix(v1::FinishReason_Name(reason), "FINISH_REASON_"));
    outcome_.complete = reason == v1::FINISH_REASON_LENGTH;
  }
  StartRead(&response_);
}

void LoadCall::OnDone(const grpc::Status& grpc_status) {
  const absl::Status status = FromGrpcStatus(grpc_status);
  outcome_.end = absl::Now() - scheduled_;
  outcome_.code = status.code();
  outcome_.complete = outcome_.complete && status.ok();
  if (!status.ok()) {
    outcome_.reason = Reason(status).value_or("");
    outcome_.retry_after = RetryAfter(status);
  }
  const std::function<void(Outcome)> done = std::move(done_);
  Outcome outcome = std::move(outcome_);
  // First of all: whoever waits for `done` may let go of the stub, and the call's context must not
  // be the last to hold the channel, which cannot be destroyed on a thread of gRPC's.
  delete this;
  done(std::move(outcome));
}

}  // namespace baton
