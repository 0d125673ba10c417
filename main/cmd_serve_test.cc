// `baton serve` with stand-ins for its children: this binary executes itself, as the real one does,
// and is router, worker or serve by its first argument.
#include "main/cmd_serve.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/fake_services.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "main/child_process.h"
#include "main/command.h"
#include "server/grpc_server.h"
#include "server/shutdown_signal.h"
#include "worker/model/tiny_model.h"

namespace baton {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;

// A router whose group is ready at once.
int FakeRouter(const std::string& listen) {
  ShutdownSignal shutdown;
  FakeInferenceService inference;
  FakeClusterService cluster;
  cluster.response = OneReadyGroup();
  GrpcServerOptions options;
  options.listen = listen;
  const auto server = GrpcServer::Create(
      options, {{"baton.v1.InferenceService", &inference}, {"baton.v1.ClusterService", &cluster}});
  if (!server.ok()) return Fail("router", server.status().message(), 78);
  std::fprintf(stderr, "[router] pid %d\n", getpid());
  shutdown.Wait();
  return 0;
}

// A worker that does nothing, or fails as its environment says.
int FakeWorker() {
  if (std::getenv("FAKE_WORKER_FAILS") != nullptr) return Fail("worker", "key x: 1, not 2", 78);
  ShutdownSignal shutdown;
  std::fprintf(stderr, "pid %d\n", getpid());
  shutdown.Wait();
  return 0;
}

int FakeMain(const std::vector<std::string>& args) {
  if (args[1] == "router") return FakeRouter(args[2].substr(args[2].find('=') + 1));
  if (args[1] == "worker") return FakeWorker();
  CLI::App app;
  Command run;
  AddServeCommand(app, &run);
  std::vector<std::string> line(args.rbegin(), args.rend() - 1);
  app.parse(line);
  return run();
}

bool Runs(pid_t pid) {
  std::ifstream stat(absl::StrCat("/proc/", pid, "/stat"));
  std::string text;
  if (!std::getline(stat, text)) return false;
  return text[text.rfind(')') + 2] != 'Z';
}

class ServeTest : public testing::Test {
 protected:
  ServeTest() : model_(absl::StrCat(testing::TempDir(), "/serve_test", getpid(), ".gguf")) {
    EXPECT_TRUE(WriteTinyModel(model_, {}).ok());
  }
  ~ServeTest() override {
    if (serve_ != nullptr) serve_->Signal(SIGKILL);
    unlink(model_.c_str());
  }

  void Start(std::vector<std::string> flags) {
    std::vector<std::string> args = {"baton", "serve",    "--model",
                                     model_,  "--listen", "127.0.0.1:0"};
    args.insert(args.end(), flags.begin(), flags.end());
    serve_ = *ChildProcess::Start({"serve", "/proc/self/exe", args, 0});
  }

  // Reads what serve prints until a line contains `text`; false after ten seconds or at its end.
  bool ReadUntil(const std::string& text) {
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < std::chrono::seconds(10)) {
      bool found = false;
      for (const std::string& line : serve_->ReadLines()) {
        lines_.push_back(line);
        found = found || absl::StrContains(line, text);
      }
      if (found) return true;
      if (serve_->output_fd() < 0) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }

  // Waits for the end and gives the exit code.
  int Wait() {
    ReadUntil("a text that does not come");
    int status = 0;
    waitpid(serve_->pid(), &status, 0);
    serve_.reset();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  // The process ids that the children have printed, in the form "[NAME] pid N".
  std::vector<pid_t> ChildPids() const {
    std::vector<pid_t> pids;
    for (const std::string& line : lines_) {
      const size_t at = line.find("] pid ");
      if (at != std::string::npos) pids.push_back(std::atoi(line.c_str() + at + 6));
    }
    return pids;
  }

  const std::string model_;
  std::unique_ptr<ChildProcess> serve_;
  std::vector<std::string> lines_;
};

TEST_F(ServeTest, StartsAnnouncesAndStops) {
  Start({"--tp", "2"});
  ASSERT_TRUE(ReadUntil("ready: baton generate --server 127.0.0.1:"))
      << testing::PrintToString(lines_);
  EXPECT_THAT(lines_, Contains(HasSubstr("16000 tokens: 31 sequences of 512")));
  while (ChildPids().size() < 3) ASSERT_TRUE(ReadUntil("pid"));
  EXPECT_THAT(lines_, Contains(testing::StartsWith("[g0/r1] pid ")));
  EXPECT_THAT(lines_, Contains(testing::StartsWith("[router] pid "))) << "not doubled";
  const auto stopped = std::chrono::steady_clock::now();
  serve_->Signal(SIGTERM);
  EXPECT_EQ(Wait(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - stopped, std::chrono::seconds(2));
  for (const pid_t pid : ChildPids()) EXPECT_FALSE(Runs(pid));
}

TEST_F(ServeTest, RestartsAWorkerThatDies) {
  Start({});
  ASSERT_TRUE(ReadUntil("ready:")) << testing::PrintToString(lines_);
  while (ChildPids().size() < 2) ASSERT_TRUE(ReadUntil("pid"));
  for (const std::string& line : lines_) {
    if (absl::StartsWith(line, "[g0/r0] pid ")) kill(std::atoi(line.c_str() + 12), SIGKILL);
  }
  EXPECT_TRUE(ReadUntil("[serve] g0/r0 was killed by signal 9 (Killed); starting it again in"));
  EXPECT_TRUE(ReadUntil("[g0/r0] pid "));
  serve_->Signal(SIGINT);
  EXPECT_EQ(Wait(), 0);
}

TEST_F(ServeTest, KillMinusNineLeavesNothing) {
  Start({"--tp", "2"});
  ASSERT_TRUE(ReadUntil("ready:")) << testing::PrintToString(lines_);
  while (ChildPids().size() < 3) ASSERT_TRUE(ReadUntil("pid"));
  serve_->Signal(SIGKILL);
  EXPECT_EQ(Wait(), -SIGKILL);
  for (int i = 0; i < 1000; ++i) {
    bool any = false;
    for (const pid_t pid : ChildPids()) any = any || Runs(pid);
    if (!any) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (const pid_t pid : ChildPids()) EXPECT_FALSE(Runs(pid));
}

TEST_F(ServeTest, AWorkerThatCanNeverWorkEndsIt) {
  setenv("FAKE_WORKER_FAILS", "1", 1);
  Start({"--groups", "2"});  // not ready with one group
  unsetenv("FAKE_WORKER_FAILS");
  EXPECT_EQ(Wait(), 1);
  EXPECT_THAT(lines_.back(),
              AnyOf("baton serve: g0/r0 ended with exit code 78: baton worker: key x: 1, not 2",
                    "baton serve: g1/r0 ended with exit code 78: baton worker: key x: 1, not 2"));
}

// Nothing is started, and nothing but the reason is said.
TEST_F(ServeTest, MoreMemoryThanThereIsIsOneLine) {
  Start({"--tp", "2", "--kv-memory", "1000TiB"});
  EXPECT_EQ(Wait(), 1);
  ASSERT_EQ(lines_.size(), 1u) << testing::PrintToString(lines_);
  EXPECT_THAT(lines_[0], testing::StartsWith("baton serve: --kv-memory is 1000 TiB a worker; "));
  EXPECT_THAT(lines_[0], HasSubstr("2 workers need"));
}

TEST_F(ServeTest, ABadModelFileIsOneLine) {
  std::ofstream(model_) << "not a model";
  Start({});
  EXPECT_EQ(Wait(), 1);
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0], absl::StrCat("baton serve: --model ", model_,
                                    ": is not a GGUF file: it starts with \"not \", not \"GGUF\""));
}

}  // namespace
}  // namespace baton

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[0]) == "baton") {
    return baton::FakeMain(std::vector<std::string>(argv, argv + argc));
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
