// What an open stream that waits for its next token costs in memory, gRPC's share included: the
// test's own process serves, and a second one, started by it, holds the streams open.
//
// What this side of gRPC holds of one (x86-64):
//   GenerateStream, with gRPC's base and StreamBuffer    416 bytes
//   the engine's two functions, the numerics class       what they hold, about 200 bytes
//   the request, its text, the `started` message         nothing; the engine has the token ids
// The rest is gRPC's. With 10,000 streams it was 18.8 KiB in all for each, 100 to a connection, and
// 36 KiB with a connection for each. A slow reader adds StreamBuffer's high mark and a message.
#include <malloc.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "baton/v1/inference.grpc.pb.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "router/api/fake_cluster.h"
#include "router/api/inference_service.h"
#include "router/api/test_model.h"

namespace baton {
namespace {

constexpr int kStreams = 1000;
constexpr int kStreamsPerConnection = 100;
constexpr size_t kPromptBytes = 16000;

// Starts every request, gives it one token, and keeps nothing of it but its sink.
class SilentCluster : public FakeCluster {
 public:
  explicit SilentCluster(ModelServing serving) : FakeCluster(std::move(serving), nullptr) {}

  RequestHandle Submit(std::shared_ptr<const ModelContext> /*model*/, EngineRequest request,
                       std::shared_ptr<RequestSink> sink) override {
    FakeRun run(std::move(request), sink);
    run.Start();
    run.Emit(0, 1, "x");
    MutexLock lock(&mu_);
    sinks_.push_back(std::move(sink));
    // As large as what the fleet's functions hold.
    return {[this, a = uint64_t{1}, b = uint64_t{2}] { (void)this, (void)a, (void)b; },
            [this, a = uint64_t{1}, b = uint64_t{2}] { (void)this, (void)a, (void)b; }};
  }

 private:
  Mutex mu_;
  std::vector<std::shared_ptr<RequestSink>> sinks_ ABSL_GUARDED_BY(mu_);
};

size_t ResidentBytes() {
  malloc_trim(0);
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// A client in a process of its own; made when every stream has its first token.
class Client {
 public:
  Client(const std::string& port, int streams) {
    int pipe_ends[2];
    EXPECT_EQ(pipe(pipe_ends), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
    std::string self = "/proc/self/exe", flag = "--client", count = std::to_string(streams),
                port_text = port;
    char* argv[] = {&self[0], &flag[0], &port_text[0], &count[0], nullptr};
    EXPECT_EQ(posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_ends[1]);
    char byte = 0;
    EXPECT_EQ(read(pipe_ends[0], &byte, 1), 1) << "the client has died";
    close(pipe_ends[0]);
  }
  ~Client() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_ = -1;
};

TEST(StreamMemoryTest, AnIdleStreamIsSmall) {
  ModelServing serving = TestServing();
  serving.max_model_len = 100000;
  serving.max_kv_tokens = 100000;
  SilentCluster cluster(serving);
  InferenceService service({}, &cluster, Clock::Real());
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const Client warm_up(std::to_string(port), kStreams / 5);
  const size_t before = ResidentBytes();
  const Client client(std::to_string(port), kStreams);
  const double per_stream = (static_cast<double>(ResidentBytes()) - before) / kStreams;
  RecordProperty("bytes_per_stream", std::to_string(per_stream));
  std::cout << "an idle stream takes " << per_stream / 1024 << " KiB" << std::endl;
  EXPECT_LT(per_stream, 28 * 1024) << "the prompt alone has " << kPromptBytes << " bytes";
  server->Shutdown(std::chrono::system_clock::now());
}

// --- The client's process ---

class OpenStream : public grpc::ClientReadReactor<v1::GenerateResponse> {
 public:
  OpenStream(v1::InferenceService::Stub* stub, const v1::GenerateRequest* request,
             std::atomic<int>* open)
      : open_(open) {
    stub->async()->Generate(&context_, request, this);
    StartRead(&response_);
    StartCall();
  }
  void OnReadDone(bool ok) override {
    if (!ok) std::exit(1);
    if (response_.has_piece()) ++*open_;
    StartRead(&response_);
  }

 private:
  grpc::ClientContext context_;
  v1::GenerateResponse response_;
  std::atomic<int>* const open_;
};

int RunClient(const std::string& port, int streams) {
  v1::GenerateRequest request;
  while (request.text().size() < kPromptBytes) request.mutable_text()->append("the ");
  std::atomic<int> open = 0;
  std::vector<std::unique_ptr<v1::InferenceService::Stub>> stubs;
  for (int i = 0; i < streams; ++i) {
    if (i % kStreamsPerConnection == 0) {
      grpc::ChannelArguments own;  // a connection of its own
      own.SetInt("connection", i);
      stubs.push_back(v1::InferenceService::NewStub(grpc::CreateCustomChannel(
          absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials(), own)));
    }
    new OpenStream(stubs.back().get(), &request, &open);
    while (open + 100 <= i) usleep(100);  // no more at once than the server has a queue for
  }
  while (open < streams) usleep(1000);
  std::putchar('.');
  std::fflush(stdout);
  pause();
  return 0;
}

}  // namespace
}  // namespace baton

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "--client") {
    return baton::RunClient(argv[2], std::atoi(argv[3]));
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
