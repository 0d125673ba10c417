#include "worker/comm/bounded_work.h"

#include <utility>

#include "absl/base/thread_annotations.h"
#include "common/mutex.h"

namespace baton {

struct BoundedWork::State {
  Mutex mu;
  CondVar changed;
  bool done ABSL_GUARDED_BY(mu) = false;
  bool late ABSL_GUARDED_BY(mu) = false;  // and on_late has returned
};

BoundedWork::BoundedWork(std::function<void()> work, std::chrono::nanoseconds limit,
                         std::function<void()> on_late)
    : state_(std::make_shared<State>()) {
  std::thread([state = state_, work = std::move(work)]() mutable {
    work();
    work = nullptr;  // what it holds is let go of before anybody is told
    MutexLock lock(&state->mu);
    state->done = true;
    state->changed.SignalAll();
  }).detach();
  const auto deadline = std::chrono::steady_clock::now() + limit;
  watcher_ = std::thread([state = state_, deadline, on_late = std::move(on_late)] {
    {
      MutexLock lock(&state->mu);
      while (!state->done) {
        const auto left = deadline - std::chrono::steady_clock::now();
        if (left <= left.zero()) break;
        state->changed.WaitFor(&state->mu, left);
      }
      if (state->done) return;
    }
    on_late();
    MutexLock lock(&state->mu);
    state->late = true;
    state->changed.SignalAll();
  });
}

BoundedWork::~BoundedWork() { watcher_.join(); }

bool BoundedWork::Wait() {
  MutexLock lock(&state_->mu);
  while (!state_->done && !state_->late) state_->changed.Wait(&state_->mu);
  return !state_->late;
}

}  // namespace baton
