#include "main/supervisor.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

ChildSpec Shell(const std::string& name, const std::string& script, int stop_phase = 0) {
  return {name, "/bin/sh", {"sh", "-c", script}, stop_phase};
}

absl::Duration Since(std::chrono::steady_clock::time_point start) {
  return absl::FromChrono(std::chrono::steady_clock::now() - start);
}

// Whether a process runs; a zombie does not.
bool Runs(pid_t pid) {
  std::ifstream stat(absl::StrCat("/proc/", pid, "/stat"));
  std::string text;
  if (!std::getline(stat, text)) return false;
  return text[text.rfind(')') + 2] != 'Z';
}

class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest() {
    options_.min_backoff = absl::Milliseconds(10);
    options_.max_backoff = absl::Milliseconds(40);
    hooks_.on_line = [this](const std::string& child, const std::string& line) {
      lines_.push_back(absl::StrCat(child, ": ", line));
      if (on_line_) on_line_(line);
    };
    hooks_.on_event = [this](const std::string& event) { events_.push_back(event); };
    hooks_.on_tick = [] {};
    hooks_.on_stop = [] {};
  }

  // Runs until `stop_when` is one of the lines, then stops by SIGTERM; gives how long the stop
  // took.
  absl::Duration RunUntil(const std::vector<ChildSpec>& specs, const std::string& stop_when) {
    Supervisor supervisor(options_, specs, hooks_);
    std::chrono::steady_clock::time_point stopped;
    on_line_ = [&](const std::string& line) {
      if (line != stop_when) return;
      stopped = std::chrono::steady_clock::now();
      kill(getpid(), SIGTERM);
    };
    result_ = supervisor.Run();
    return Since(stopped);
  }

  SupervisorOptions options_;
  SupervisorHooks hooks_;
  std::function<void(const std::string&)> on_line_;
  std::vector<std::string> lines_, events_;
  absl::Status result_;
};

TEST_F(SupervisorTest, RelaysLinesAndStops) {
  const absl::Duration took =
      RunUntil({Shell("a", "echo out; echo err >&2; printf unfinished; sleep 0.05; exec sleep 100"),
                Shell("b", "sleep 0.2; echo now; exec sleep 100")},
               "now");
  EXPECT_TRUE(result_.ok()) << result_;
  EXPECT_THAT(lines_, Contains("a: out"));
  EXPECT_THAT(lines_, Contains("a: err"));
  EXPECT_THAT(lines_, Contains("a: unfinished"));
  EXPECT_LT(took, absl::Seconds(1.5));
}

TEST_F(SupervisorTest, StartsAgainWhatDies) {
  const std::string count = absl::StrCat(testing::TempDir(), "/supervisor_count", getpid());
  RunUntil({Shell("a", absl::StrCat(
                           "echo x >> ", count, "; n=$(wc -l < ", count,
                           "); if [ $n = 3 ]; then echo third; exec sleep 100; fi; kill -9 $$"))},
           "third");
  unlink(count.c_str());
  EXPECT_TRUE(result_.ok()) << result_;
  ASSERT_GE(events_.size(), 2u);
  EXPECT_EQ(events_[0], "a was killed by signal 9 (Killed); starting it again in 10 ms");
  EXPECT_EQ(events_[1], "a was killed by signal 9 (Killed); starting it again in 20 ms");
}

TEST_F(SupervisorTest, AFatalExitCodeEndsStartUpWithTheLastWords) {
  Supervisor supervisor(
      options_,
      {Shell("router", "exec sleep 100"),
       Shell("g0/r0", "echo starting; echo 'baton worker: bad file' >&2; exit 78")},
      hooks_);
  const absl::Status status = supervisor.Run();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "g0/r0 ended with exit code 78: baton worker: bad file");
  EXPECT_THAT(lines_, testing::ElementsAre("g0/r0: starting"));
}

TEST_F(SupervisorTest, AChildThatKeepsFailingEndsStartUp) {
  Supervisor supervisor(options_, {Shell("a", "exit 1")}, hooks_);
  const absl::Status status = supervisor.Run();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(),
            "a ended with exit code 1; it failed 5 times in a row before it was ready");
}

TEST_F(SupervisorTest, AfterStartUpNoFailureIsFinal) {
  Supervisor supervisor(options_, {Shell("a", "exit 1")}, hooks_);
  supervisor.MarkStarted();
  std::thread stopper([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1000));
    kill(getpid(), SIGTERM);
  });
  EXPECT_TRUE(supervisor.Run().ok());
  stopper.join();
  EXPECT_GT(events_.size(), 5u);
}

// What can not work is no reason to end what does, and is not tried as often as what may.
TEST_F(SupervisorTest, AfterStartUpAFatalExitCodeWaitsLongAtOnceAndIsTold) {
  options_.max_backoff = absl::Milliseconds(400);
  Supervisor supervisor(
      options_,
      {Shell("router", "exec sleep 100"), Shell("a", "echo 'baton worker: no room' >&2; exit 78")},
      hooks_);
  supervisor.MarkStarted();
  std::thread stopper([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1000));
    kill(getpid(), SIGTERM);
  });
  EXPECT_TRUE(supervisor.Run().ok());
  stopper.join();
  ASSERT_GE(events_.size(), 3u) << "two ends and the stop";
  EXPECT_LE(events_.size(), 4u);
  EXPECT_EQ(events_[0],
            "a ended with exit code 78: baton worker: no room; it can not work unless something "
            "changes; starting it again in 400 ms");
  EXPECT_EQ(events_[1], events_[0]);
}

TEST_F(SupervisorTest, StopsTheFirstPhaseBeforeTheSecond) {
  RunUntil(
      {Shell("router",
             "trap 'echo router stops; exit 0' TERM; echo up; while :; do sleep 0.02; done"),
       Shell("worker", "trap 'echo worker stops; exit 0' TERM; while :; do sleep 0.02; done", 1),
       Shell("clock", "sleep 0.3; echo now; trap '' TERM; exec sleep 0.1", 0)},
      "now");
  ASSERT_GE(lines_.size(), 2u);
  EXPECT_EQ(lines_[lines_.size() - 2], "router: router stops");
  EXPECT_EQ(lines_[lines_.size() - 1], "worker: worker stops");
}

TEST_F(SupervisorTest, KillsWhatIgnoresSigtermWithinTwoSeconds) {
  const absl::Duration took = RunUntil(
      {Shell("router", "trap '' TERM; while :; do sleep 0.05; done"),
       Shell("worker", "trap '' TERM; sleep 0.2; echo now; while :; do sleep 0.05; done", 1)},
      "now");
  EXPECT_TRUE(result_.ok());
  EXPECT_GE(took, absl::Seconds(1));
  EXPECT_LT(took, absl::Seconds(2));
}

TEST_F(SupervisorTest, TheFirstPhaseMayDrain) {
  options_.drain_timeout = absl::Seconds(2);
  const absl::Duration took = RunUntil(
      {Shell("router", "trap 'sleep 1.5; echo drained; exit 0' TERM; while :; do sleep 0.02; done"),
       Shell("worker", "sleep 0.2; echo now; exec sleep 100", 1)},
      "now");
  EXPECT_THAT(lines_, Contains("router: drained"));
  EXPECT_GE(took, absl::Seconds(1.5));
  EXPECT_LT(took, absl::Seconds(3.5));
}

TEST_F(SupervisorTest, ASecondSignalKillsAtOnce) {
  options_.drain_timeout = absl::Seconds(30);
  hooks_.on_event = [](const std::string& event) {
    if (event == "stopping") kill(getpid(), SIGINT);
  };
  EXPECT_LT(
      RunUntil({Shell("router", "trap '' TERM; sleep 0.1; echo now; while :; do sleep 0.05; done")},
               "now"),
      absl::Seconds(1.5));
}

TEST_F(SupervisorTest, AMissingProgramIsReported) {
  Supervisor supervisor(options_, {{"a", "/no/such/program", {"x"}, 0}}, hooks_);
  EXPECT_THAT(std::string(supervisor.Run().message()), HasSubstr("exit code 127"));
  EXPECT_THAT(lines_, Contains("a: can not be executed"));
}

// The promise that matters most: not even kill -9 of the supervisor leaves a child behind.
TEST_F(SupervisorTest, ChildrenDieWithASupervisorThatIsKilled) {
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  const pid_t supervisor_pid = fork();
  if (supervisor_pid == 0) {
    hooks_.on_line = [&](const std::string&, const std::string& line) {
      (void)!write(pipe_fds[1], (line + "\n").data(), line.size() + 1);
    };
    const std::string script = "trap '' TERM INT HUP; echo pid $$; exec sleep 100";
    Supervisor supervisor(options_, {Shell("a", script), Shell("b", script, 1)}, hooks_);
    (void)supervisor.Run();
    _exit(0);
  }
  close(pipe_fds[1]);
  FILE* output = fdopen(pipe_fds[0], "r");
  pid_t pids[2] = {0, 0};
  for (pid_t& pid : pids) EXPECT_EQ(fscanf(output, " pid %d", &pid), 1);
  for (const pid_t pid : pids) EXPECT_TRUE(Runs(pid));
  kill(supervisor_pid, SIGKILL);
  waitpid(supervisor_pid, nullptr, 0);
  const auto killed = std::chrono::steady_clock::now();
  while ((Runs(pids[0]) || Runs(pids[1])) && Since(killed) < absl::Seconds(10)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (const pid_t pid : pids) EXPECT_FALSE(Runs(pid));
  EXPECT_LT(Since(killed), absl::Seconds(1));
  fclose(output);
}

}  // namespace
}  // namespace baton
