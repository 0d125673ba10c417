// Keeps a set of child processes running, and stops them in order: what `baton serve` is made of.
#ifndef BATON_MAIN_SUPERVISOR_H_
#define BATON_MAIN_SUPERVISOR_H_

#include <signal.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "main/child_process.h"

namespace baton {

struct SupervisorOptions {
  // A child that ends is started again after a pause that doubles from the first to the second with
  // each failure in a row; a child that ran for `healthy_after` starts a new row.
  absl::Duration min_backoff = absl::Milliseconds(200);
  absl::Duration max_backoff = absl::Seconds(5);
  absl::Duration healthy_after = absl::Seconds(10);
  // Exit codes which say that starting again is useless. Until MarkStarted() they end it all. After
  // that they end nothing: the other children serve, and what was wrong may pass (memory that
  // others held, a model file under replacement). But there is no hurry either: the pause is
  // `max_backoff` at once, and each such end is told as what it is.
  std::set<int> fatal_exit_codes = {2, 78};
  // Until MarkStarted(): the most failures in a row of one child.
  int max_startup_failures = 5;
  // Stopping: a phase's children get SIGTERM when those of the phases before it are gone. The first
  // phase may take `drain_timeout` and half of `stop_timeout` more, all together `drain_timeout` +
  // `stop_timeout`; what is left is killed.
  absl::Duration drain_timeout;
  absl::Duration stop_timeout = absl::Milliseconds(1600);
  // A line that starts with this is the reason that a process gives for its end: it is not passed
  // on when it comes but told with the end.
  std::string last_words_prefix = "baton ";
};

// What the supervisor tells. Called from Run, on its thread; may call MarkStarted.
struct SupervisorHooks {
  std::function<void(const std::string& child, const std::string& line)> on_line;
  std::function<void(const std::string& event)> on_event;  // "g0/r1 was killed by signal 9; ..."
  std::function<void()> on_tick;                           // about every 100 ms
  std::function<void()> on_stop;  // once, before the first child is told to stop
};

// Single-threaded; made and run in the main thread, before any other thread: SIGTERM, SIGINT and
// SIGCHLD are blocked from the constructor on.
class Supervisor {
 public:
  Supervisor(SupervisorOptions options, std::vector<ChildSpec> specs, SupervisorHooks hooks);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Starts all children and keeps them running until SIGTERM or SIGINT, then stops them and returns
  // OK; a second signal kills them at once. Returns an error, one line with the child's last words,
  // when start-up fails for good. No child is left when it returns.
  absl::Status Run();

  // Start-up is over: from now on no failure is final, not even a fatal exit code.
  void MarkStarted() { started_ = true; }

 private:
  struct Child {
    ChildSpec spec;
    std::unique_ptr<ChildProcess> process;  // null while it does not run
    absl::Time started;                     // when process was
    absl::Time start_again;                 // when to, while process is null
    int failures = 0;                       // in a row
    std::string last_words;
  };

  bool AnyRuns() const;
  absl::Time Now() const;
  void StartDue();
  void Poll(absl::Duration timeout);
  void HandleSignals();
  void Relay(Child* child);
  void Reap();
  void Ended(Child* child, int wait_status);
  bool IsFatal(int wait_status) const;
  void FailStartUp(absl::Status status);
  void BeginStop();
  void ContinueStop();
  void SignalAll(int number, int max_phase);

  const SupervisorOptions options_;
  const SupervisorHooks hooks_;
  std::vector<Child> children_;
  sigset_t previous_mask_;
  int signal_fd_ = -1;
  bool started_ = false;
  bool stopping_ = false;
  int stop_phase_ = -1;  // the last phase that was told to stop
  absl::Time stop_began_;
  absl::Status result_;
};

}  // namespace baton

#endif  // BATON_MAIN_SUPERVISOR_H_
