#include "tests/load/backend/timer_queue.h"

namespace baton {

TimerQueue::Id TimerQueue::Add(absl::Time at, std::function<void()> run) {
  const Id id(at, added_++);
  timers_.emplace(id, std::move(run));
  return id;
}

absl::optional<absl::Time> TimerQueue::next() const {
  if (timers_.empty()) return absl::nullopt;
  return timers_.begin()->first.first;
}

void TimerQueue::RunDue(absl::Time now) {
  const uint64_t end = added_;
  auto it = timers_.begin();
  while (it != timers_.end() && it->first.first <= now) {
    if (it->first.second >= end) {
      ++it;
      continue;
    }
    const std::function<void()> run = std::move(it->second);
    timers_.erase(it);
    run();
    it = timers_.begin();  // `run` may have cancelled any
  }
}

}  // namespace baton
