// Turns SIGTERM and SIGINT into a value that a main function waits for.
#ifndef BATON_SERVER_SHUTDOWN_SIGNAL_H_
#define BATON_SERVER_SHUTDOWN_SIGNAL_H_

#include <signal.h>

#include <thread>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "common/mutex.h"

namespace baton {

// While one exists, SIGTERM and SIGINT are blocked and handled by its own thread: the first one is
// remembered, a second one ends the process at once with code 128 + its number. SIGPIPE is ignored
// from then on, for good. Make at most one, in main, before any other thread: threads inherit the
// blocked signals. The methods are thread-safe.
//
// A child process inherits the mask and the ignored SIGPIPE: reset both between fork and exec.
class ShutdownSignal {
 public:
  ShutdownSignal();
  ~ShutdownSignal();  // restores the mask
  ShutdownSignal(const ShutdownSignal&) = delete;
  ShutdownSignal& operator=(const ShutdownSignal&) = delete;

  // Blocks until the first signal, or Notify(), and returns its number.
  int Wait();
  // The same for at most `timeout`; empty when nothing has come.
  absl::optional<int> WaitFor(absl::Duration timeout);
  // Wakes the waiters as if `signal` had come; no effect after a signal. A real one that follows
  // still counts as the first.
  void Notify(int signal = SIGTERM);

 private:
  void Listen();

  sigset_t signals_;
  sigset_t previous_mask_;
  Mutex mu_;
  CondVar changed_;
  int received_ ABSL_GUARDED_BY(mu_) = 0;        // what the waiters are told; 0: nothing yet
  bool signalled_ ABSL_GUARDED_BY(mu_) = false;  // a real signal has come
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread listener_;
};

}  // namespace baton

#endif  // BATON_SERVER_SHUTDOWN_SIGNAL_H_
