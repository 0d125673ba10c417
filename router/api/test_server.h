// The services on a real gRPC server with a fake cluster behind them, and a client to them.
#ifndef BATON_ROUTER_API_TEST_SERVER_H_
#define BATON_ROUTER_API_TEST_SERVER_H_

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "baton/v1/inference.grpc.pb.h"
#include "common/clock.h"
#include "common/status_mapping.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "router/api/cluster_service.h"
#include "router/api/fake_cluster.h"
#include "router/api/inference_service.h"
#include "router/api/test_model.h"

namespace baton {

// A server on a fake cluster, with one connection to it.
class TestServer {
 public:
  enum Transport { kInProcess, kTcp };  // in process a write ends when it is read

  explicit TestServer(FakeCluster::Script script, InferenceServiceOptions options = {},
                      Transport transport = kInProcess)
      : cluster_(TestServing(), std::move(script)),
        inference_(options, &cluster_, Clock::Real()),
        status_(&cluster_, "1.2.3") {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&inference_);
    builder.RegisterService(&status_);
    server_ = builder.BuildAndStart();
    channel_ = transport == kTcp ? grpc::CreateChannel(absl::StrCat("127.0.0.1:", port),
                                                       grpc::InsecureChannelCredentials())
                                 : server_->InProcessChannel({});
    stub_ = v1::InferenceService::NewStub(channel_);
  }
  ~TestServer() { Shutdown(); }

  // Cancels what runs.
  void Shutdown() {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }

  FakeCluster& cluster() { return cluster_; }
  v1::InferenceService::Stub& stub() { return *stub_; }
  const std::shared_ptr<grpc::Channel>& channel() { return channel_; }

 private:
  FakeCluster cluster_;
  InferenceService inference_;
  ClusterServiceImpl status_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::InferenceService::Stub> stub_;
};

// One Generate call as the client sees it.
class Call {
 public:
  Call(TestServer* server, const v1::GenerateRequest& request,
       absl::Duration timeout = absl::InfiniteDuration()) {
    if (timeout != absl::InfiniteDuration()) {
      context_.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    }
    reader_ = server->stub().Generate(&context_, request);
  }

  // The next message, or nothing at the end.
  absl::optional<v1::GenerateResponse> Next() {
    v1::GenerateResponse response;
    if (!reader_->Read(&response)) return absl::nullopt;
    return response;
  }
  std::vector<v1::GenerateResponse> Rest() {
    std::vector<v1::GenerateResponse> all;
    while (auto response = Next()) all.push_back(*std::move(response));
    return all;
  }
  void Cancel() { context_.TryCancel(); }
  absl::Status Finish() { return FromGrpcStatus(reader_->Finish()); }
  // Reads everything and returns how the call ended.
  absl::Status Drain() { return Rest(), Finish(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::GenerateResponse>> reader_;
};

inline v1::GenerateRequest TextRequest(const std::string& text = "the") {
  v1::GenerateRequest request;
  request.set_text(text);
  return request;
}

}  // namespace baton

#endif  // BATON_ROUTER_API_TEST_SERVER_H_
