// Time as a value: monotonic nanoseconds, and the interface through which state machines that need
// "now" are given it.
#ifndef BATON_COMMON_CLOCK_H_
#define BATON_COMMON_CLOCK_H_

#include "absl/time/time.h"

namespace baton {

// Source of the current time. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Monotonic within a process; comparable between threads, never between machines.
  virtual absl::Time Now() const = 0;
  // The process's real clock. Never deleted.
  static const Clock* Real();
};

// A clock that moves only when told to, for tests and simulations. Not thread-safe.
class VirtualClock : public Clock {
 public:
  explicit VirtualClock(absl::Time start = absl::UnixEpoch()) : now_(start) {}
  absl::Time Now() const override { return now_; }
  void Advance(absl::Duration by) { now_ += by; }

 private:
  absl::Time now_;
};

}  // namespace baton

#endif  // BATON_COMMON_CLOCK_H_
