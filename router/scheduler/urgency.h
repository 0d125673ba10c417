// Who comes first. Requests with a lower priority number do, but every second that a request waits
// counts for it, so that none waits for ever: an urgent request overtakes those that came at most
// (difference of priorities) × kAgeing before it. Since all age alike, the order of two requests
// never changes, and an order of fixed keys is all it takes.
#ifndef BATON_ROUTER_SCHEDULER_URGENCY_H_
#define BATON_ROUTER_SCHEDULER_URGENCY_H_

#include <cstdint>
#include <tuple>

#include "absl/time/time.h"

namespace baton {

using SequenceId = uint64_t;

// Waiting so long makes up for one step of priority.
constexpr absl::Duration kAgeing = absl::Seconds(10);

// Smaller is more urgent. A total order: ids are unique.
class Urgency {
 public:
  Urgency() = default;
  Urgency(int32_t priority, absl::Time arrival, SequenceId id)
      : due_(arrival + kAgeing * priority), id_(id) {}

  SequenceId id() const { return id_; }
  friend bool operator<(const Urgency& a, const Urgency& b) {
    return std::tie(a.due_, a.id_) < std::tie(b.due_, b.id_);
  }

 private:
  absl::Time due_;
  SequenceId id_ = 0;
};

}  // namespace baton

#endif  // BATON_ROUTER_SCHEDULER_URGENCY_H_
