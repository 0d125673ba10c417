#include "main/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace baton {
namespace {

constexpr size_t kMaxLineBytes = 64 << 10;

// What happens in the child between fork and exec: only async-signal-safe calls.
[[noreturn]] void BecomeChild(const char* executable, char* const* argv, int output_fd,
                              pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // the parent died before the line above
  const int null_fd = open("/dev/null", O_RDONLY);
  dup2(null_fd, STDIN_FILENO);
  dup2(output_fd, STDOUT_FILENO);
  dup2(output_fd, STDERR_FILENO);
  close_range(STDERR_FILENO + 1, ~0u, 0);  // nothing of ours is theirs
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execv(executable, argv);
  constexpr char kMessage[] = "can not be executed\n";
  (void)!write(STDERR_FILENO, kMessage, sizeof(kMessage) - 1);
  _exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(const ChildSpec& spec) {
  std::vector<char*> argv;
  for (const std::string& arg : spec.args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(spec.name, ": pipe: ", strerror(errno)));
  }
  fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) BecomeChild(spec.executable.c_str(), argv.data(), pipe_fds[1], parent);
  const int error = errno;
  close(pipe_fds[1]);
  if (pid < 0) {
    close(pipe_fds[0]);
    return absl::FailedPreconditionError(absl::StrCat(spec.name, ": fork: ", strerror(error)));
  }
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid, pipe_fds[0]));
}

ChildProcess::~ChildProcess() {
  if (output_fd_ >= 0) close(output_fd_);
}

std::vector<std::string> ChildProcess::ReadLines() {
  std::vector<std::string> lines;
  char buffer[4096];
  ssize_t size;
  while (output_fd_ >= 0 && (size = read(output_fd_, buffer, sizeof(buffer))) != 0) {
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return lines;  // nothing more now
    for (ssize_t i = 0; i < size; ++i) {
      if (buffer[i] != '\n') partial_line_.push_back(buffer[i]);
      if (buffer[i] == '\n' || partial_line_.size() >= kMaxLineBytes) {
        lines.push_back(std::move(partial_line_));
        partial_line_.clear();
      }
    }
  }
  if (output_fd_ >= 0) close(output_fd_);
  output_fd_ = -1;
  if (!partial_line_.empty()) lines.push_back(std::move(partial_line_));
  partial_line_.clear();
  return lines;
}

void ChildProcess::Signal(int number) { kill(pid_, number); }

}  // namespace baton
