// What is to be run at which times. Pure: the time is given.
#ifndef BATON_TESTS_LOAD_BACKEND_TIMER_QUEUE_H_
#define BATON_TESTS_LOAD_BACKEND_TIMER_QUEUE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace baton {

class TimerQueue {
 public:
  using Id = std::pair<absl::Time, uint64_t>;

  Id Add(absl::Time at, std::function<void()> run);
  // Does nothing if it has run, or was cancelled.
  void Cancel(const Id& id) { timers_.erase(id); }

  // When the first one is due.
  absl::optional<absl::Time> next() const;
  // Runs what is due, in order of time. What they add waits for the next call, even if it is due,
  // so that a timer that sets itself again keeps nothing else from running.
  void RunDue(absl::Time now);

 private:
  uint64_t added_ = 0;
  std::map<Id, std::function<void()>> timers_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_TIMER_QUEUE_H_
