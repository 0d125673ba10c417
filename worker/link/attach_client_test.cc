// A worker that is told to end, or refused, while it loads.
#include "worker/link/attach_client.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A router that refuses every worker, or lets it be.
class FakeRouter : public worker::v1::WorkerService::Service {
 public:
  explicit FakeRouter(bool refuses) : refuses_(refuses) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeRouter() override { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::Status Attach(grpc::ServerContext*,
                      grpc::ServerReaderWriter<worker::v1::AttachResponse,
                                               worker::v1::AttachRequest>* stream) override {
    worker::v1::AttachRequest message;
    while (stream->Read(&message)) {
      if (refuses_) return {grpc::StatusCode::FAILED_PRECONDITION, "--tp is 2, expected 1"};
    }
    return grpc::Status::OK;
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  const bool refuses_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// Loads until it is cancelled, 20 s at most.
class EndlessLoad {
 public:
  absl::StatusOr<std::unique_ptr<ModelRunner>> operator()(
      const std::function<void(int64_t, int64_t)>& progress,
      const std::atomic<bool>* cancelled) const {
    const auto start = steady_clock::now();
    while (!cancelled->load() && steady_clock::now() - start < std::chrono::seconds(20)) {
      progress(1, 2);
      std::this_thread::sleep_for(milliseconds(1));
    }
    return absl::CancelledError("loading was cancelled");
  }
};

TEST(AttachClient, ARefusalEndsLoading) {
  FakeRouter router(true);
  AttachOptions options;
  options.router = router.address();
  AttachClient client(options, EndlessLoad());
  const auto start = steady_clock::now();
  const absl::Status status = client.Run();
  EXPECT_LT(steady_clock::now() - start, milliseconds(1000));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_EQ(status.message(), "--tp is 2, expected 1");
}

// With a router, and with nobody there to attach to.
TEST(AttachClient, StopEndsLoading) {
  FakeRouter router(false);
  for (const std::string& address : {router.address(), std::string("127.0.0.1:1")}) {
    AttachOptions options;
    options.router = address;
    AttachClient client(options, EndlessLoad());
    absl::Status status = absl::UnknownError("it does not return");
    std::thread running([&] { status = client.Run(); });
    std::this_thread::sleep_for(milliseconds(200));
    const auto start = steady_clock::now();
    client.Stop();
    running.join();
    EXPECT_LT(steady_clock::now() - start, milliseconds(1000)) << address;
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST(AttachClient, AFailureToLoadIsTheResult) {
  FakeRouter router(false);
  AttachOptions options;
  options.router = router.address();
  AttachClient client(options,
                      [](const auto&, const auto*) -> absl::StatusOr<std::unique_ptr<ModelRunner>> {
                        return absl::ResourceExhaustedError("The weights need 1.0 MiB");
                      });
  EXPECT_EQ(client.Run().message(), "The weights need 1.0 MiB");
}

}  // namespace
}  // namespace baton
