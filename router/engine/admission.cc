#include "router/engine/admission.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "common/error_details.h"

namespace baton {
namespace {

// The drain rate is that of the last few seconds: those so long ago count half.
constexpr absl::Duration kHalfLife = absl::Seconds(8);
constexpr absl::Duration kLeastRetry = absl::Milliseconds(10);
constexpr absl::Duration kMostRetry = absl::Minutes(1);
// Told while the rate is not known yet.
constexpr absl::Duration kFirstRetry = absl::Seconds(1);

absl::Status Refuse(const std::string& what, absl::string_view reason, absl::Duration retry) {
  if (retry == absl::InfiniteDuration()) retry = kFirstRetry;
  retry = std::min(std::max(retry, kLeastRetry), kMostRetry);
  return WithReason(WithRetryAfter(absl::ResourceExhaustedError(what), retry), reason);
}

// What a limit that has refused something must fall to before it lets anything in again.
uint64_t Reopening(uint64_t limit) { return limit - limit / 10; }
absl::Duration Reopening(absl::Duration limit) { return limit - limit / 10; }

std::string ToText(absl::Duration d) {
  return absl::FormatDuration(absl::Trunc(d, absl::Milliseconds(1)));
}

}  // namespace

void RecentMean::Add(absl::Time now, double sum, double weight) {
  if (now > last_ && weight_ > 0) {
    const double kept = std::exp2(-absl::FDivDuration(now - last_, half_life_));
    sum_ *= kept;
    weight_ *= kept;
  }
  last_ = now;
  sum_ += sum;
  weight_ += weight;
}

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
  if (busy_ || queue.running) return;
  // What comes next starts alone: the pace of a load that is over says nothing about it.
  first_token_.Forget();
  token_.Forget();
}

void Admission::ObserveFirstToken(absl::Time now, absl::Duration took) {
  first_token_.Add(now, absl::ToDoubleSeconds(took), 1);
}

void Admission::ObserveToken(absl::Time now, absl::Duration took) {
  token_.Add(now, absl::ToDoubleSeconds(took), 1);
  least_token_ = std::min(least_token_, absl::Seconds(token_.value()));
}

void Admission::ObserveEnd(absl::Time now, uint64_t tokens, uint64_t max_tokens) {
  share_.Add(now, static_cast<double>(tokens), static_cast<double>(max_tokens));
}

absl::Duration Admission::TimeToStart(uint64_t tokens) const {
  if (tokens == 0) return absl::ZeroDuration();
  if (tokens_ < 1) return absl::InfiniteDuration();
  return absl::Seconds(static_cast<double>(tokens) * seconds_ / tokens_);
}

absl::Duration Admission::ServiceTime(uint64_t max_tokens) const {
  absl::Duration service;
  if (first_token_.known()) service += absl::Seconds(first_token_.value());
  if (token_.known()) service += max_tokens * OutputShare() * absl::Seconds(token_.value());
  return service;
}

absl::Status Admission::CheckQueue(const AdmissionRequest& request, const QueueLoad& queue) {
  const uint64_t requests = static_cast<uint64_t>(queue.requests) + 1;
  const uint64_t tokens = queue.tokens + request.tokens;
  const uint64_t most_requests =
      requests_closed_ ? Reopening(limits_.max_queue_requests) : limits_.max_queue_requests;
  const uint64_t most_tokens =
      tokens_closed_ ? Reopening(limits_.max_queue_tokens) : limits_.max_queue_tokens;
  requests_closed_ = requests > most_requests;
  // A queue takes any one request when it is empty: the largest would never come in, otherwise.
  tokens_closed_ = queue.requests > 0 && tokens > most_tokens;
  if (tokens_closed_) {
    const uint64_t excess = tokens - Reopening(limits_.max_queue_tokens);
    return Refuse(
        absl::StrFormat("the queue is full: %d tokens wait, this request adds %d, the limit is %d",
                        queue.tokens, request.tokens, limits_.max_queue_tokens),
        "QUEUE_FULL", TimeToStart(std::min(excess, queue.tokens)));
  }
  if (requests_closed_) {
    const double mean = static_cast<double>(queue.tokens) / static_cast<double>(queue.requests);
    const uint64_t excess = requests - Reopening(limits_.max_queue_requests);
    return Refuse(absl::StrFormat("the queue is full: %d requests wait, the limit is %d",
                                  queue.requests, limits_.max_queue_requests),
                  "QUEUE_FULL", TimeToStart(static_cast<uint64_t>(mean * excess)));
  }
  return absl::OkStatus();
}

absl::Status Admission::CheckDeadline(absl::Time now, const AdmissionRequest& request,
                                      const QueueLoad& queue) {
  // Estimates err: a fifth is kept for that.
  const absl::Duration left = (request.deadline - now) * 4 / 5;
  absl::Duration wait = TimeToStart(queue.tokens);
  if (wait == absl::InfiniteDuration()) wait = absl::ZeroDuration();  // nothing is known
  absl::Duration service = ServiceTime(request.max_tokens);
  const bool wants_what_there_is = least_token_ != absl::InfiniteDuration() &&
                                   request.max_tokens * OutputShare() * least_token_ >= left;
  if (wants_what_there_is) service = absl::ZeroDuration();
  const absl::Duration needed = wait + service;
  const absl::Duration most = left <= deadline_closed_ ? Reopening(left) : left;
  if (needed < most) {
    if (left <= deadline_closed_) deadline_closed_ = absl::ZeroDuration();
    return absl::OkStatus();
  }
  deadline_closed_ = std::max(deadline_closed_, left);
  return Refuse(
      absl::StrFormat("the deadline is in %s; the %d tokens that wait before this request "
                      "take about %s, and the request itself %s",
                      ToText(request.deadline - now), queue.tokens, ToText(wait), ToText(service)),
      "DEADLINE_UNREACHABLE", needed - Reopening(left));
}

absl::Status Admission::Check(absl::Time now, const AdmissionRequest& request,
                              const QueueLoad& queue) {
  absl::Status status = CheckQueue(request, queue);
  if (!status.ok()) return status;
  if (queue.requests == 0 && !queue.running) {
    deadline_closed_ = absl::ZeroDuration();
    return absl::OkStatus();
  }
  if (request.deadline == absl::InfiniteFuture()) return absl::OkStatus();
  return CheckDeadline(now, request, queue);
}

}  // namespace baton
