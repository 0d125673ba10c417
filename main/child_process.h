// A child process that can not outlive us, and the lines it writes.
#ifndef BATON_MAIN_CHILD_PROCESS_H_
#define BATON_MAIN_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace baton {

// What to start.
struct ChildSpec {
  std::string name;               // for people, for example "router" or "g0/r1"
  std::string executable;         // a path
  std::vector<std::string> args;  // args[0] is the program's name
  int stop_phase = 0;             // children of a lower phase are stopped first
};

// A started child. Its standard output and error come through one pipe; its standard input is
// empty. It has a process group of its own, so that a terminal's ctrl-C reaches only us, and
// default signals. The kernel kills it when the thread that started it ends, however that happens:
// start children from the main thread only.
class ChildProcess {
 public:
  // FAILED_PRECONDITION with the system's reason when no process can be made. A file that can not
  // be executed shows as exit code 127.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const ChildSpec& spec);

  // Closes the pipe; does not touch the process.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  // The pipe to poll; -1 after its end.
  int output_fd() const { return output_fd_; }

  // The lines that are complete by now, without blocking; at the end of the pipe also an incomplete
  // last one. Lines longer than 64 KiB are cut up.
  std::vector<std::string> ReadLines();

  // Sends a signal. The child must not have been reaped.
  void Signal(int number);

 private:
  ChildProcess(pid_t pid, int output_fd) : pid_(pid), output_fd_(output_fd) {}

  const pid_t pid_;
  int output_fd_;
  std::string partial_line_;
};

}  // namespace baton

#endif  // BATON_MAIN_CHILD_PROCESS_H_
