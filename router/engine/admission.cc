#include "router/engine/admission.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "common/error_details.h"

namespace baton {
namespace {

// The drain rate is that of the last few seconds: those so long ago count half.
constexpr absl::Duration kHalfLife = absl::Seconds(8);
// Deadlines within this factor are of one class.
constexpr double kDeadlineClass = 1.25;
// Room to wait in that differs by less is the same.
constexpr double kSameRoom = 1.1;
// A best pace is the mean of so many tokens at least.
constexpr double kLeastTokens = 16;

int DeadlineClass(absl::Duration left) {
  return static_cast<int>(
      std::floor(std::log(absl::ToDoubleSeconds(left)) / std::log(kDeadlineClass)));
}

absl::Status Refuse(const std::string& what, absl::string_view reason, absl::Duration retry) {
  return WithReason(WithRetryAfter(absl::ResourceExhaustedError(what), retry), reason);
}

double Share(uint64_t amount, uint64_t limit) {
  return static_cast<double>(amount) / static_cast<double>(limit);
}

// By how much `amount` exceeds what the limit is to fall to before it opens again.
uint64_t Excess(uint64_t amount, uint64_t limit) {
  const auto opening =
      static_cast<uint64_t>(static_cast<double>(limit) * (1 - AdmissionGate::kFreeWhenOpen));
  return amount - std::min(amount, opening);
}

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

void Admission::Observe(absl::Time now, const QueueLoad& queue, const Started& started) {
  if (busy_ && now > last_) {
    const double passed = absl::ToDoubleSeconds(now - last_);
    const double kept = std::exp2(-passed / absl::ToDoubleSeconds(kHalfLife));
    tokens_ *= kept;
    requests_ *= kept;
    seconds_ = seconds_ * kept + passed;
  }
  if (busy_) {
    tokens_ += static_cast<double>(started.tokens);
    requests_ += static_cast<double>(started.requests);
  }
  last_ = now;
  busy_ = queue.tokens > 0;
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
  if (token_.weight() >= kLeastTokens)
    least_token_ = std::min(least_token_, absl::Seconds(token_.value()));
}

void Admission::ObserveEnd(absl::Time now, uint64_t tokens, uint64_t max_tokens) {
  share_.Add(now, static_cast<double>(tokens), static_cast<double>(max_tokens));
}

absl::Duration Admission::TimeFor(uint64_t amount, double started) const {
  if (amount == 0) return absl::ZeroDuration();
  if (started < 0.5) return absl::InfiniteDuration();
  return absl::Seconds(static_cast<double>(amount) * seconds_ / started);
}

absl::Duration Admission::ServiceTime(uint64_t max_tokens) const {
  absl::Duration service;
  if (first_token_.known()) service += absl::Seconds(first_token_.value());
  if (token_.known()) service += max_tokens * OutputShare() * absl::Seconds(token_.value());
  return service;
}

absl::Status Admission::AdmitToQueue(absl::Time now, const QueueLoad& queue) {
  if (!tokens_gate_.Admit(now, Share(queue.tokens, limits_.max_queue_tokens),
                          TimeToStart(Excess(queue.tokens, limits_.max_queue_tokens)))) {
    return Refuse(absl::StrFormat("the queue is full: %d tokens wait, the limit is %d",
                                  queue.tokens, limits_.max_queue_tokens),
                  "QUEUE_FULL", tokens_gate_.opens() - now);
  }
  const auto requests = static_cast<uint64_t>(queue.requests);
  if (!requests_gate_.Admit(now, Share(requests, limits_.max_queue_requests),
                            TimeToStartRequests(Excess(requests, limits_.max_queue_requests)))) {
    return Refuse(absl::StrFormat("the queue is full: %d requests wait, the limit is %d", requests,
                                  limits_.max_queue_requests),
                  "QUEUE_FULL", requests_gate_.opens() - now);
  }
  return absl::OkStatus();
}

absl::Status Admission::AdmitForDeadline(absl::Time now, const AdmissionRequest& request) {
  // Estimates err: a fifth is kept for that.
  const absl::Duration left =
      std::max((request.deadline - now) * 4 / 5, absl::Duration(absl::Nanoseconds(1)));
  absl::Duration wait = TimeToStart(request.tokens_ahead);
  if (wait == absl::InfiniteDuration()) wait = absl::ZeroDuration();  // nothing is known
  absl::Duration service = ServiceTime(request.max_tokens);
  const bool wants_what_there_is = least_token_ != absl::InfiniteDuration() &&
                                   request.max_tokens * OutputShare() * least_token_ >= left;
  if (wants_what_there_is) service = absl::ZeroDuration();
  const auto refuse = [&](absl::Duration retry) {
    return Refuse(
        absl::StrFormat("the deadline is in %s; the %d tokens that wait before this request take "
                        "about %s, and the request itself %s",
                        ToText(request.deadline - now), request.tokens_ahead, ToText(wait),
                        ToText(service)),
        "DEADLINE_UNREACHABLE", retry);
  };
  const absl::Duration room = left - service;
  if (room <= absl::ZeroDuration()) {
    // It takes too long as things are; they may be different without those that wait.
    const bool none = wait == absl::ZeroDuration();
    return refuse(AdmissionGate::Bounded(none ? absl::InfiniteDuration() : wait));
  }
  const double fill = absl::FDivDuration(wait, room);
  const absl::Duration free_in = wait - (1 - AdmissionGate::kFreeWhenOpen) * room;
  const int deadline_class = DeadlineClass(left);
  const auto closed = deadline_gates_.find(deadline_class);
  if (fill < 1 && (closed == deadline_gates_.end() || room > closed->second.room * kSameRoom))
    return absl::OkStatus();
  DeadlineGate& d = deadline_gates_[deadline_class];
  if (d.gate.Admit(now, fill, free_in)) {
    deadline_gates_.erase(deadline_class);
    return absl::OkStatus();
  }
  d.room = std::max(d.room, room);
  const absl::Duration opens = d.gate.opens() - now;
  return refuse(fill < 1 ? opens : AdmissionGate::Bounded(std::max(opens, free_in)));
}

absl::Status Admission::Admit(absl::Time now, const AdmissionRequest& request,
                              const QueueLoad& queue) {
  if (queue.tokens == 0) {
    requests_gate_.Open();
    tokens_gate_.Open();
    if (!queue.running) {
      deadline_gates_.clear();
      return absl::OkStatus();
    }
  }
  absl::Status status = AdmitToQueue(now, queue);
  if (!status.ok() || request.deadline == absl::InfiniteFuture()) return status;
  return AdmitForDeadline(now, request);
}

}  // namespace baton
