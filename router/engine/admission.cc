#include "router/engine/admission.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "common/error_details.h"

namespace baton {
namespace {

// The drain rate is that of the last few seconds: those so long ago count half.
constexpr absl::Duration kHalfLife = absl::Seconds(4);
constexpr absl::Duration kLeastRetry = absl::Milliseconds(10);
constexpr absl::Duration kMostRetry = absl::Minutes(1);
// Told while the rate is not known yet.
constexpr absl::Duration kFirstRetry = absl::Seconds(1);

absl::Status Refuse(const std::string& what, absl::string_view reason, absl::Duration retry) {
  if (retry == absl::InfiniteDuration()) retry = kFirstRetry;
  retry = std::min(std::max(retry, kLeastRetry), kMostRetry);
  return WithReason(WithRetryAfter(absl::ResourceExhaustedError(what), retry), reason);
}

}  // namespace

void Admission::Observe(absl::Time now, const QueueLoad& queue, uint64_t started) {
  if (busy_ && now > last_) {
    const double passed = absl::ToDoubleSeconds(now - last_);
    const double kept = std::exp2(-passed / absl::ToDoubleSeconds(kHalfLife));
    tokens_ *= kept;
    seconds_ = seconds_ * kept + passed;
  }
  if (busy_) tokens_ += static_cast<double>(started);
  last_ = now;
  busy_ = queue.requests > 0;
}

absl::Duration Admission::TimeToStart(uint64_t tokens) const {
  if (tokens == 0) return absl::ZeroDuration();
  if (tokens_ < 1) return absl::InfiniteDuration();
  return absl::Seconds(static_cast<double>(tokens) * seconds_ / tokens_);
}

absl::Status Admission::Check(absl::Time now, uint64_t tokens, absl::Time deadline,
                              const QueueLoad& queue) const {
  if (queue.requests > 0 && queue.tokens + tokens > limits_.max_queue_tokens) {
    const uint64_t excess = queue.tokens + tokens - limits_.max_queue_tokens;
    return Refuse(
        absl::StrFormat("the queue is full: %d tokens wait, this request adds %d, the limit is %d",
                        queue.tokens, tokens, limits_.max_queue_tokens),
        "QUEUE_FULL", TimeToStart(std::min(excess, queue.tokens)));
  }
  if (queue.requests >= limits_.max_queue_requests) {
    const uint64_t mean = queue.tokens / static_cast<uint64_t>(queue.requests);
    const uint64_t excess =
        mean * (static_cast<uint64_t>(queue.requests) + 1 - limits_.max_queue_requests);
    return Refuse(absl::StrFormat("the queue is full: %d requests wait, the limit is %d",
                                  queue.requests, limits_.max_queue_requests),
                  "QUEUE_FULL", TimeToStart(excess));
  }
  if (deadline == absl::InfiniteFuture() || queue.requests == 0) return absl::OkStatus();
  const absl::Duration wait = TimeToStart(queue.tokens);
  if (wait == absl::InfiniteDuration() || now + wait < deadline) return absl::OkStatus();
  return Refuse(
      absl::StrFormat("the deadline is in %s, and %d tokens that wait before this request "
                      "take about %s",
                      absl::FormatDuration(absl::Trunc(deadline - now, absl::Milliseconds(1))),
                      queue.tokens, absl::FormatDuration(absl::Trunc(wait, absl::Milliseconds(1)))),
      "DEADLINE_UNREACHABLE", now + wait - deadline);
}

}  // namespace baton
