// One thread that waits for sockets, timers and work from other threads.
#ifndef BATON_TESTS_LOAD_BACKEND_IO_LOOP_H_
#define BATON_TESTS_LOAD_BACKEND_IO_LOOP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "common/mutex.h"
#include "tests/load/backend/timer_queue.h"

namespace baton {

class IoLoop {
 public:
  // RESOURCE_EXHAUSTED when there are no file descriptors for it.
  static absl::StatusOr<std::unique_ptr<IoLoop>> Create();
  ~IoLoop();

  // Runs `work` on the thread, in the order of the calls. From any thread.
  void Post(std::function<void()> work) ABSL_LOCKS_EXCLUDED(mu_);
  // The thread runs what was posted, and what that posts, and ends. Not from the thread itself.
  void Join();

  // The rest belongs to the thread, and after Join to its caller.

  // `on_ready` is called with EPOLLIN, EPOLLOUT, EPOLLERR and EPOLLHUP as they come, until Watch is
  // called for the socket with `events` 0. To be set before the first Watch.
  void set_on_ready(std::function<void(int fd, uint32_t events)> on_ready) {
    on_ready_ = std::move(on_ready);
  }
  void Watch(int fd, uint32_t events);
  // By Clock::Real().
  TimerQueue* timers() { return &timers_; }

 private:
  IoLoop(int epoll, int wake, int timer);

  void Run();
  void WaitAndHandle(bool block);
  void ArmTimer();
  // Returns false when there was nothing.
  bool RunPosted() ABSL_LOCKS_EXCLUDED(mu_);
  bool joining() ABSL_LOCKS_EXCLUDED(mu_);

  const int epoll_, wake_, timer_;  // owned
  std::function<void(int, uint32_t)> on_ready_;
  TimerQueue timers_;
  absl::optional<absl::Time> armed_;  // what timer_ is set to

  Mutex mu_;
  std::vector<std::function<void()>> posted_ ABSL_GUARDED_BY(mu_);
  bool joining_ ABSL_GUARDED_BY(mu_) = false;

  std::thread thread_;  // last: it uses the rest
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_IO_LOOP_H_
