// Ctrl-C for commands that talk to a server: cancels what runs instead of ending the process in the
// middle of it.
#ifndef BATON_MAIN_INTERRUPTS_H_
#define BATON_MAIN_INTERRUPTS_H_

#include <signal.h>

#include <functional>
#include <thread>

#include "common/mutex.h"

namespace baton {

// While one exists, SIGINT and SIGTERM go to its own thread. Make at most one, in main, before any
// other thread.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  // From now on an interrupt calls `handler`, on another thread; a second one for the same handler
  // ends the process with code 130, and so does any while `handler` is null, as it is at first.
  // When this returns, the previous handler is not running and will not be called again.
  void SetHandler(std::function<void()> handler);

 private:
  void Listen();

  sigset_t signals_;
  sigset_t previous_mask_;
  Mutex mu_;
  std::function<void()> handler_ ABSL_GUARDED_BY(mu_);
  bool called_ ABSL_GUARDED_BY(mu_) = false;  // handler_ was
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread listener_;
};

}  // namespace baton

#endif  // BATON_MAIN_INTERRUPTS_H_
