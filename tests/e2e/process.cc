#include "tests/e2e/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/check.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

std::string NewPath(absl::string_view name) {
  static std::atomic<int> counter{0};
  return absl::StrCat(testing::TempDir(), "/baton_e2e_", getpid(), "_", counter++, ".", name);
}

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// Between fork and exec: only async-signal-safe calls.
[[noreturn]] void BecomeBaton(const char* binary, char* const* argv, const char* stdout_path,
                              const char* stderr_path) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(open(stdout_path, O_WRONLY | O_CREAT | O_APPEND, 0600), STDOUT_FILENO);
  dup2(open(stderr_path, O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
  close_range(STDERR_FILENO + 1, ~0u, 0);
  execv(binary, argv);
  _exit(127);
}

}  // namespace

std::string BatonBinary() {
  if (const char* given = getenv("BATON_BINARY")) return given;
  const char* runfiles = getenv("TEST_SRCDIR");
  const char* workspace = getenv("TEST_WORKSPACE");
  if (runfiles == nullptr || workspace == nullptr) return "bazel-bin/main/baton";
  return absl::StrCat(runfiles, "/", workspace, "/main/baton");
}

bool Eventually(absl::Duration limit, const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + limit;
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return true;
}

bool IsAlive(pid_t pid) {
  const std::string stat = ReadAll(absl::StrCat("/proc/", pid, "/stat"));
  const size_t name_end = stat.rfind(')');  // "PID (NAME) STATE ..."
  return name_end != std::string::npos && name_end + 2 < stat.size() && stat[name_end + 2] != 'Z' &&
         stat[name_end + 2] != 'X';
}

Process::Process(const std::vector<std::string>& args)
    : stdout_path_(NewPath("stdout")), stderr_path_(NewPath("stderr")) {
  const std::string binary = BatonBinary();
  std::vector<char*> argv = {const_cast<char*>("baton")};
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    BecomeBaton(binary.c_str(), argv.data(), stdout_path_.c_str(), stderr_path_.c_str());
  }
  BATON_CHECK(pid_ > 0);
}

Process::~Process() {
  Signal(SIGKILL);
  Wait(absl::InfiniteDuration());
  unlink(stdout_path_.c_str());
  unlink(stderr_path_.c_str());
}

void Process::Signal(int number) const {
  if (!exit_code_.has_value()) kill(pid_, number);
}

absl::optional<int> Process::Wait(absl::Duration limit) {
  Eventually(limit, [this] {
    int status;
    if (!exit_code_.has_value() && waitpid(pid_, &status, WNOHANG) == pid_) {
      exit_code_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    }
    return exit_code_.has_value();
  });
  return exit_code_;
}

std::string Process::Stdout() const { return ReadAll(stdout_path_); }
std::string Process::Stderr() const { return ReadAll(stderr_path_); }

}  // namespace baton
