// Work that may never come back, and somebody who notices.
#ifndef BATON_WORKER_COMM_BOUNDED_WORK_H_
#define BATON_WORKER_COMM_BOUNDED_WORK_H_

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

namespace baton {

class BoundedWork {
 public:
  // Starts `work` on a thread of its own. If it has not returned within `limit`, `on_late` is
  // called, once, on another. Work that is late goes on even after this is gone: it owns all that
  // it uses.
  BoundedWork(std::function<void()> work, std::chrono::nanoseconds limit,
              std::function<void()> on_late);
  // Waits as Wait does.
  ~BoundedWork();

  // Waits until the work or `on_late` has returned; whether the work was in time. Any thread.
  bool Wait();

 private:
  struct State;

  const std::shared_ptr<State> state_;
  std::thread watcher_;
};

}  // namespace baton

#endif  // BATON_WORKER_COMM_BOUNDED_WORK_H_
