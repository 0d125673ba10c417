// Whether a group takes another request into its queue. Pure: time comes in as a value.
//
// **The queue** takes a request while fewer requests and fewer tokens (prompt + maximum output of
// all choices) than the limits wait in it; else the request is refused at once (QUEUE_FULL). Its
// own size does not count, so that a large one comes in as soon as a small one does.
//
// **A deadline** must leave time for the wait and for the request itself:
//   wait    = tokens that start before its last choice does / tokens started per second,
//   service = time to the first token + maximum output · share · time per token,
// means of the last seconds, since the group was idle last; `share` is how much of their maximum
// the requests that ended have used. Both together may take four fifths of the time that is left:
// estimates err, and of requests let in at the very limit many would be late. A request that would
// be late is refused (DEADLINE_UNREACHABLE) rather than computed for nobody. But a deadline that
// the group could not meet at the best pace it ever had is one of somebody who wants what there is
// by then: for them the wait alone counts. So does it while nothing is known, and an idle group
// takes everything. The time per token is that of the load as it is: how much slower a group gets
// that fills up is not foreseen, so --max-running should be what a full group meets its deadlines
// with.
//
// **RetryInfo** is the time after which a tenth of the limit is free, at the rate at which the
// queue has drained lately, a minute at most; until then the limit stays closed (AdmissionGate), so
// that this is a time at which there is room for those who come back. The time left for waiting is
// such a limit, too, for all requests whose deadlines are about as near.
#ifndef BATON_ROUTER_ENGINE_ADMISSION_H_
#define BATON_ROUTER_ENGINE_ADMISSION_H_

#include <algorithm>
#include <cstdint>
#include <map>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "router/engine/admission_gate.h"

namespace baton {

struct AdmissionLimits {
  uint32_t max_queue_requests = 1024;
  uint64_t max_queue_tokens = 1 << 20;
};

// What waits in a queue, and whether anything runs.
struct QueueLoad {
  int64_t requests = 0;
  uint64_t tokens = 0;
  bool running = false;
};

// What of a request matters here.
struct AdmissionRequest {
  uint64_t tokens_ahead = 0;  // of others and of itself, that start before its last choice does
  uint64_t max_tokens = 0;    // output of one choice
  absl::Time deadline = absl::InfiniteFuture();
};

// What has left the queue for the group.
struct Started {
  uint64_t requests = 0, tokens = 0;
};

// A mean of which what is long ago counts for less.
class RecentMean {
 public:
  explicit RecentMean(absl::Duration half_life) : half_life_(half_life) {}
  // `weight` observations whose values add up to `sum`.
  void Add(absl::Time now, double sum, double weight);
  void Forget() { sum_ = weight_ = 0; }
  bool known() const { return weight_ > 0; }
  double weight() const { return weight_; }
  double value() const { return sum_ / weight_; }  // if known

 private:
  absl::Duration half_life_;
  absl::Time last_ = absl::InfinitePast();
  double sum_ = 0, weight_ = 0;
};

class Admission {
 public:
  explicit Admission(const AdmissionLimits& limits) : limits_(limits) {}

  // RESOURCE_EXHAUSTED, with RetryInfo and a reason (QUEUE_FULL, DEADLINE_UNREACHABLE), when a
  // request should not join the queue.
  absl::Status Admit(absl::Time now, const AdmissionRequest& request, const QueueLoad& queue);
  // Until when the queue takes nothing, whatever its deadline; in the past if it is open.
  absl::Time closed_until() const { return std::max(requests_gate_.opens(), tokens_gate_.opens()); }

  // What the queue is from now on, and what has left it since the last call. Only the time during
  // which something waits says how fast a queue drains.
  void Observe(absl::Time now, const QueueLoad& queue, const Started& started);
  // A request's first token came, so long after its first step was planned.
  void ObserveFirstToken(absl::Time now, absl::Duration took);
  // A request's next token came, so long after the one before.
  void ObserveToken(absl::Time now, absl::Duration took);
  // A choice ended by itself with so many tokens, of the maximum asked for.
  void ObserveEnd(absl::Time now, uint64_t tokens, uint64_t max_tokens);

  // How long the queue takes to start so many tokens, or requests; infinite while nothing was seen
  // to start.
  absl::Duration TimeToStart(uint64_t tokens) const { return TimeFor(tokens, tokens_); }
  absl::Duration TimeToStartRequests(uint64_t n) const { return TimeFor(n, requests_); }
  // How long a request runs once it has started; zero while nothing is known.
  absl::Duration ServiceTime(uint64_t max_tokens) const;

 private:
  // The gate of those whose deadlines are about as near.
  struct DeadlineGate {
    AdmissionGate gate;
    absl::Duration room;  // to wait in, the most that was refused
  };
  absl::Status AdmitToQueue(absl::Time now, const QueueLoad& queue);
  absl::Status AdmitForDeadline(absl::Time now, const AdmissionRequest& request);
  absl::Duration TimeFor(uint64_t amount, double started) const;
  double OutputShare() const { return share_.known() ? share_.value() : 1; }

  AdmissionLimits limits_;
  absl::Time last_ = absl::InfinitePast();
  bool busy_ = false;                         // something has waited since then
  double tokens_ = 0, requests_ = 0;          // started lately, the more recent counting the more
  double seconds_ = 0;                        // the time that those took, counted likewise
  RecentMean first_token_{absl::Seconds(4)};  // seconds
  RecentMean token_{absl::Seconds(2)};        // seconds
  RecentMean share_{absl::Seconds(30)};       // of the maximum output
  absl::Duration least_token_ = absl::InfiniteDuration();  // token_, at its best
  AdmissionGate requests_gate_, tokens_gate_;
  std::map<int, DeadlineGate> deadline_gates_;  // closed ones; by DeadlineClass
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_ADMISSION_H_
