// Whether a group takes another request into its queue. Pure: time comes in as a value.
//
// The queue is bounded in requests and in tokens (prompt + maximum output of all choices). What
// does not fit is refused at once, with the time after which it is likely to fit: what is too much
// in the queue, divided by the rate at which the queue has drained lately. A request with a
// deadline that the queue alone would make it miss is refused as well, rather than computed for
// nobody.
#ifndef BATON_ROUTER_ENGINE_ADMISSION_H_
#define BATON_ROUTER_ENGINE_ADMISSION_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace baton {

struct AdmissionLimits {
  uint32_t max_queue_requests = 1024;
  uint64_t max_queue_tokens = 1 << 20;
};

// What waits in a queue.
struct QueueLoad {
  int64_t requests = 0;
  uint64_t tokens = 0;
};

class Admission {
 public:
  explicit Admission(const AdmissionLimits& limits) : limits_(limits) {}

  // RESOURCE_EXHAUSTED, with RetryInfo and a reason (QUEUE_FULL, DEADLINE_UNREACHABLE), when a
  // request of `tokens` should not join the queue.
  absl::Status Check(absl::Time now, uint64_t tokens, absl::Time deadline,
                     const QueueLoad& queue) const;

  // What the queue is from now on; `started` tokens have left it for the group since the last call.
  // Only the time during which something waits says how fast a queue drains.
  void Observe(absl::Time now, const QueueLoad& queue, uint64_t started);

  // How long the queue takes to start so many tokens; infinite while nothing was seen to start.
  absl::Duration TimeToStart(uint64_t tokens) const;

 private:
  const AdmissionLimits limits_;
  absl::Time last_ = absl::InfinitePast();
  bool busy_ = false;   // something has waited since then
  double tokens_ = 0;   // started lately, the more recent counting the more
  double seconds_ = 0;  // the time that those took, counted likewise
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_ADMISSION_H_
