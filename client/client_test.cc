#include "client/client.h"

#include <chrono>
#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/fake_services.h"
#include "common/error_details.h"
#include "common/status_mapping.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    cluster_.response = OneReadyGroup();
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&inference_);
    builder.RegisterService(&cluster_);
    server_ = builder.BuildAndStart();
    auto client = Client::Connect(absl::StrCat("127.0.0.1:", port));
    EXPECT_TRUE(client.ok()) << client.status();
    client_ = *std::move(client);
  }

  FakeInferenceService inference_;
  FakeClusterService cluster_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, StreamsAnAnswer) {
  v1::GenerateRequest request;
  request.set_text("hi");
  const auto call = client_->Generate(request);
  v1::GenerateResponse response;
  std::string text;
  bool started = false, finished = false;
  while (call->Read(&response)) {
    started = started || response.has_started();
    finished = response.has_finished();
    text += response.piece().text();
  }
  EXPECT_TRUE(call->Finish().ok());
  EXPECT_TRUE(started);
  EXPECT_TRUE(finished);
  EXPECT_EQ(text, "Hello, world");
  EXPECT_EQ(inference_.requests().at(0).text(), "hi");
}

TEST_F(ClientTest, RefusalsKeepTheirDetails) {
  inference_.status = ToGrpcStatus(
      WithRetryAfter(absl::ResourceExhaustedError("the queue is full"), absl::Seconds(3)));
  const auto call = client_->Generate({});
  v1::GenerateResponse response;
  EXPECT_FALSE(call->Read(&response));
  const absl::Status status = call->Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(RetryAfter(status), absl::Seconds(3));
}

TEST_F(ClientTest, CancelFromAnotherThreadEndsABlockedRead) {
  inference_.hang_after_pieces = true;
  const auto call = client_->Generate({});
  v1::GenerateResponse response;
  ASSERT_TRUE(call->Read(&response));
  std::thread canceller([&] { call->Cancel(); });
  while (call->Read(&response)) {
  }
  EXPECT_EQ(call->Finish().code(), absl::StatusCode::kCancelled);
  canceller.join();
}

TEST_F(ClientTest, ACallThatAServerCancelsAsItEndsIsUnavailable) {
  cluster_.hang = true;
  std::thread stopper([this] {
    while (cluster_.calls == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    server_->Shutdown(std::chrono::system_clock::now());
  });
  EXPECT_EQ(client_->GetClusterStatus({}, absl::Seconds(30)).status().code(),
            absl::StatusCode::kUnavailable);
  stopper.join();
}

TEST_F(ClientTest, ADroppedCallIsCancelled) {
  inference_.hang_after_pieces = true;
  {
    const auto call = client_->Generate({});
    v1::GenerateResponse response;
    ASSERT_TRUE(call->Read(&response));
  }
  for (int i = 0; i < 1000 && inference_.cancelled() == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(inference_.cancelled(), 1);
}

TEST_F(ClientTest, DeadlinesPass) {
  inference_.hang_after_pieces = true;
  const auto call = client_->Generate({}, absl::Milliseconds(50));
  v1::GenerateResponse response;
  while (call->Read(&response)) {
  }
  EXPECT_EQ(call->Finish().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ClientTest, AnEndWithoutTheLastMessageIsDataLoss) {
  inference_.omit_finished = true;
  const auto call = client_->Generate({});
  v1::GenerateResponse response;
  while (call->Read(&response)) {
  }
  EXPECT_EQ(call->Finish().code(), absl::StatusCode::kDataLoss);
}

TEST_F(ClientTest, UnaryCalls) {
  v1::TokenizeRequest tokenize;
  tokenize.set_text("ab");
  EXPECT_EQ(client_->Tokenize(tokenize)->token_ids_size(), 2);
  v1::DetokenizeRequest detokenize;
  detokenize.add_token_ids('a');
  EXPECT_EQ(client_->Detokenize(detokenize)->text(), "a");
  EXPECT_EQ(client_->GetModel({})->model().name(), "fake");
  EXPECT_EQ(client_->GetClusterStatus()->groups(0).name(), "g0");
  EXPECT_EQ(client_->ListModels().status().code(), absl::StatusCode::kUnimplemented);
}

TEST(Connect, NobodyThereIsUnavailableAtOnce) {
  const auto start = std::chrono::steady_clock::now();
  const auto client = Client::Connect("127.0.0.1:1", absl::Seconds(30));
  EXPECT_EQ(client.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(client.status().message(), "no server answers at 127.0.0.1:1");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace baton
