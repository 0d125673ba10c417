#include "tests/load/backend/openai_call.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock.h"

namespace baton {
namespace {

OpenAiTransport Transport(const HttpEnd& end) {
  return {end.status, end.error, end.content_type, end.retry_after};
}

}  // namespace

OpenAiCall::OpenAiCall(IoLoop* loop, HttpClient* client, const OpenAiCallOptions& options,
                       const LoadRequest& request, absl::optional<absl::Time> scheduled,
                       Ended ended)
    : loop_(loop),
      client_(client),
      deadline_(request.behaviour.deadline),
      cancels_when_sent_(request.behaviour.cancel_after == 0u),
      ended_(std::move(ended)),
      recorder_(request, scheduled, options.keep_text),
      answer_(options.endpoint, options.max_event_bytes, &recorder_) {}

void OpenAiCall::Begin(HttpRequest request) {
  const absl::Time now = Clock::Real()->Now();
  recorder_.Sent(now);
  request.stop_when_sent = cancels_when_sent_;
  transfer_ = client_->Start(std::move(request), this);
  if (deadline_ == absl::InfiniteDuration()) return;
  deadline_timer_ = loop_->timers()->Add(now + deadline_, [this] {
    deadline_timer_.reset();
    OnDeadline();
  });
}

void OpenAiCall::Stop() {
  const absl::Time now = Clock::Real()->Now();
  if (transfer_ == nullptr && !transport_) recorder_.Sent(now);
  StreamEnd end;
  end.code = "CANCELLED";
  end.message = "the run was stopped";
  AbortAndEnd(now, end);
}

bool OpenAiCall::OnBody(absl::Time now, int status, absl::string_view bytes) {
  answer_.Body(status, bytes);
  return ReadEvents(now);
}

// Returns false when no more bytes are wanted. While the client waits nothing is read, and what has
// come is left where it is.
bool OpenAiCall::ReadEvents(absl::Time now) {
  while (!pause_timer_ && !stopped_) {
    const OpenAiAnswer::Step step = answer_.Next(now);
    if (step == OpenAiAnswer::Step::kNeedsBytes) break;
    if (step == OpenAiAnswer::Step::kStop) stopped_ = true;
    if (step == OpenAiAnswer::Step::kEvent) Pause(now);
  }
  return !stopped_;
}

void OpenAiCall::Pause(absl::Time now) {
  if (recorder_.ReadPause() <= absl::ZeroDuration()) return;
  pause_timer_ = loop_->timers()->Add(now + recorder_.ReadPause(), [this] { OnPauseOver(); });
  if (transfer_ != nullptr) client_->Pause(transfer_);
}

void OpenAiCall::OnPauseOver() {
  pause_timer_.reset();
  const absl::Time now = Clock::Real()->Now();
  ReadEvents(now);
  if (transfer_ == nullptr) {
    EndIfRead(now);
  } else if (stopped_) {
    AbortAndEnd(now, answer_.End(OpenAiTransport{200, "", "", absl::nullopt}));
  } else if (!pause_timer_) {
    client_->Resume(transfer_);  // may end the call
  }
}

void OpenAiCall::OnEnd(absl::Time now, const HttpEnd& end) {
  transfer_ = nullptr;
  transport_ = Transport(end);
  if (end.stopped && !stopped_) answer_.Cancel();  // all was sent
  if (end.error.empty() && !end.stopped) answer_.BodyEnded();
  ReadEvents(now);
  EndIfRead(now);
}

void OpenAiCall::EndIfRead(absl::Time now) {
  if (pause_timer_) return;  // the client has not read it all
  End(now, answer_.End(*transport_));
}

void OpenAiCall::OnDeadline() {
  StreamEnd end;
  end.code = "DEADLINE_EXCEEDED";
  end.message =
      absl::StrCat("the client's deadline of ", absl::FormatDuration(deadline_), " has passed");
  end.deadline_passed = true;
  AbortAndEnd(Clock::Real()->Now(), end);
}

void OpenAiCall::AbortAndEnd(absl::Time now, const StreamEnd& end) {
  if (transfer_ != nullptr) client_->Abort(transfer_);
  transfer_ = nullptr;
  End(now, end);
}

void OpenAiCall::End(absl::Time now, const StreamEnd& end) {
  if (pause_timer_) loop_->timers()->Cancel(*pause_timer_);
  if (deadline_timer_) loop_->timers()->Cancel(*deadline_timer_);
  const Ended ended = std::move(ended_);
  ended(this, recorder_.End(now, end));
}

}  // namespace baton
