// The real binary as a process of the operating system: started, observed, signalled and reaped.
#ifndef BATON_TESTS_E2E_PROCESS_H_
#define BATON_TESTS_E2E_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace baton {

// The binary under test: $BATON_BINARY, or main/baton of this build.
std::string BatonBinary();

// Asks every 10 ms; false when `condition` was not true within `limit`.
bool Eventually(absl::Duration limit, const std::function<bool()>& condition);

// Whether a process of that id is there and has not ended (a zombie has).
bool IsAlive(pid_t pid);

// `baton ARGS...` in a process group of its own. What it writes goes to files, so nobody has to
// read it. It is killed with the object, and with the thread that made it.
class Process {
 public:
  // Dies when no process can be made; a binary that is not there shows as exit code 127.
  explicit Process(const std::vector<std::string>& args);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int number) const;
  // Its exit code, or minus the signal that killed it; nothing when it still runs after `limit`.
  absl::optional<int> Wait(absl::Duration limit);

  // What it, and whatever it started, has written so far.
  std::string Stdout() const;
  std::string Stderr() const;

 private:
  const std::string stdout_path_;
  const std::string stderr_path_;
  pid_t pid_ = -1;
  absl::optional<int> exit_code_;  // once reaped
};

}  // namespace baton

#endif  // BATON_TESTS_E2E_PROCESS_H_
