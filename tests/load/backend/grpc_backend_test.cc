#include "tests/load/backend/grpc_backend.h"

#include <chrono>
#include <fstream>
#include <future>
#include <thread>

#include "absl/memory/memory.h"
#include "absl/strings/match.h"
#include "common/error_details.h"
#include "common/status_mapping.h"
#include "gtest/gtest.h"
#include "tests/load/backend/fake_generator.h"

namespace baton {
namespace {

constexpr char kFolder[] = "tests/load/backend/testdata";

LoadRequest Hello() {
  LoadRequest request;
  request.index = 2;
  request.prompt = std::string("Hello?");
  request.prompt_tokens = 3;
  request.max_tokens = 11;
  return request;
}

class GrpcBackendTest : public testing::Test {
 protected:
  GrpcBackendTest() {
    options_.transport.address = server_.address();
    options_.transport.channels = 2;
    options_.proto_file = std::string(kFolder) + "/fake/generate.proto";
    options_.proto_paths = {kFolder};
    options_.messages.method = "fake.Generator/Generate";
    options_.messages.request_json = R"({"text": "{prompt}", "tokens": {"ids": "{prompt_ids}"},
        "options": {"max_new_tokens": "{max_tokens}", "seed": "{seed}"}})";
    options_.messages.text_field = "delta.pieces.text";
    options_.messages.token_field = "delta.pieces.token_ids";
    options_.messages.output_tokens_field = "finished.usage.completion_tokens";
    options_.messages.prompt_tokens_field = "finished.usage.prompt_tokens";
    options_.messages.finish_field = "finished.reason";
    options_.keep_text = true;
  }

  std::unique_ptr<GrpcBackend> Connect() {
    auto backend = absl::make_unique<GrpcBackend>(options_);
    const auto facts = backend->Connect(absl::Seconds(30));
    EXPECT_TRUE(facts.ok()) << facts.status();
    return backend;
  }

  absl::Status ConnectError() { return GrpcBackend(options_).Connect(absl::Seconds(30)).status(); }

  static std::future<RequestRecord> Start(GrpcBackend* backend, const LoadRequest& request) {
    EXPECT_TRUE(backend->Check(request).ok()) << backend->Check(request);
    auto promise = std::make_shared<std::promise<RequestRecord>>();
    backend->Start(request, absl::nullopt,
                   [promise](RequestRecord record) { promise->set_value(std::move(record)); });
    return promise->get_future();
  }

  RequestRecord Run(const LoadRequest& request = Hello()) {
    const auto backend = Connect();
    return Start(backend.get(), request).get();
  }

  void WaitUntilHanging() {
    while (service().hanging == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  FakeGenerator& service() { return server_.service(); }

  FakeGeneratorServer server_;
  GrpcBackend::Options options_;
};

void ExpectHelloWorld(const RequestRecord& record) {
  EXPECT_EQ(record.outcome, RequestOutcome::kCompleted);
  EXPECT_EQ(record.code, "OK") << record.message;
  EXPECT_EQ(record.text, "Hello, world");
  ASSERT_EQ(record.chunks.size(), 3u);
  EXPECT_EQ(record.chunks[0].tokens, 5u);
  EXPECT_EQ(record.chunks[1].tokens, 1u);
  EXPECT_EQ(record.chunks[2].tokens, 6u);
  EXPECT_EQ(record.output_tokens, 12u);
  EXPECT_EQ(record.prompt_tokens, 5u);
  EXPECT_TRUE(record.prompt_tokens_reported);
  EXPECT_FALSE(record.chunk_tokens_estimated);
  EXPECT_EQ(record.finish, "length");
  EXPECT_EQ(record.index, 2u);
  EXPECT_LE(record.sent, record.chunk_time(0));
  EXPECT_LE(record.chunk_time(2), record.end);
}

TEST_F(GrpcBackendTest, AsksAndReadsThroughAProtoFile) {
  ExpectHelloWorld(Run());
  const auto requests = service().requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].text(), "Hello?");
  EXPECT_EQ(requests[0].options().max_new_tokens(), 11);
  EXPECT_FALSE(requests[0].options().has_seed());
}

TEST_F(GrpcBackendTest, AsksAndReadsThroughReflection) {
  options_.proto_file = "";
  ExpectHelloWorld(Run());
}

TEST_F(GrpcBackendTest, TokenIds) {
  LoadRequest request = Hello();
  request.prompt = std::vector<uint32_t>{7, 8};
  ExpectHelloWorld(Run(request));
  EXPECT_EQ(service().requests().at(0).tokens().ids_size(), 2);
}

TEST_F(GrpcBackendTest, WithoutATokenFieldTheUsageIsSharedOut) {
  options_.messages.token_field = "";
  const RequestRecord record = Run();
  EXPECT_TRUE(record.chunk_tokens_estimated);
  EXPECT_EQ(record.output_tokens, 12u);
  ASSERT_EQ(record.chunks.size(), 3u);
  EXPECT_EQ(record.chunks[0].tokens, 4u);
}

TEST_F(GrpcBackendTest, WithTextAloneAChunkIsATokenForWantOfBetter) {
  options_.messages.token_field = options_.messages.output_tokens_field = "";
  options_.messages.finish_field = "";
  const RequestRecord record = Run();
  EXPECT_EQ(record.outcome, RequestOutcome::kCompleted);
  EXPECT_TRUE(record.chunk_tokens_estimated);
  EXPECT_EQ(record.output_tokens, 3u);
}

TEST_F(GrpcBackendTest, ARefusalKeepsItsDetails) {
  service().refuse = true;
  service().status = ToGrpcStatus(WithReason(
      WithRetryAfter(absl::ResourceExhaustedError("the queue is full"), absl::Seconds(3)),
      "QUEUE_FULL"));
  const RequestRecord record = Run();
  EXPECT_EQ(record.outcome, RequestOutcome::kRefused);
  EXPECT_EQ(record.code, "RESOURCE_EXHAUSTED");
  EXPECT_EQ(record.reason, "QUEUE_FULL");
  EXPECT_EQ(record.message, "the queue is full");
  EXPECT_EQ(record.retry_after, absl::Seconds(3));
  EXPECT_TRUE(record.chunks.empty());
}

TEST_F(GrpcBackendTest, AnErrorAfterOutputIsAFailure) {
  service().status = grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "out of memory");
  const RequestRecord record = Run();
  EXPECT_EQ(record.outcome, RequestOutcome::kFailed);
  EXPECT_EQ(record.code, "RESOURCE_EXHAUSTED");
  EXPECT_EQ(record.message, "out of memory");
  EXPECT_EQ(record.text, "Hello, world");
}

TEST_F(GrpcBackendTest, AServerThatDies) {
  service().hang_after_deltas = true;
  const auto backend = Connect();
  auto record = Start(backend.get(), Hello());
  WaitUntilHanging();
  server_.Die();
  const RequestRecord seen = record.get();
  EXPECT_EQ(seen.outcome, RequestOutcome::kFailed);
  EXPECT_NE(seen.code, "OK");
  EXPECT_NE(seen.code, "DATA_LOSS");
}

TEST_F(GrpcBackendTest, TheClientCancels) {
  service().hang_after_deltas = true;
  LoadRequest request = Hello();
  request.behaviour.cancel_after = 6;
  const RequestRecord record = Run(request);
  EXPECT_EQ(record.outcome, RequestOutcome::kCancelled);
  EXPECT_GE(record.output_tokens, 6u);
}

TEST_F(GrpcBackendTest, TheDeadlineEndsIt) {
  service().hang_after_deltas = true;
  LoadRequest request = Hello();
  request.behaviour.deadline = absl::Milliseconds(200);
  const RequestRecord record = Run(request);
  EXPECT_EQ(record.outcome, RequestOutcome::kDeadline);
  EXPECT_EQ(record.code, "DEADLINE_EXCEEDED");
}

TEST_F(GrpcBackendTest, WhatIsUnderWayEndsWithTheBackend) {
  service().hang_after_deltas = true;
  auto backend = Connect();
  auto record = Start(backend.get(), Hello());
  WaitUntilHanging();
  backend = nullptr;
  ASSERT_EQ(record.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_EQ(record.get().outcome, RequestOutcome::kFailed);
}

TEST_F(GrpcBackendTest, ManyAtOnce) {
  const auto backend = Connect();
  std::vector<std::future<RequestRecord>> records;
  for (int i = 0; i < 64; ++i) records.push_back(Start(backend.get(), Hello()));
  for (auto& record : records) ExpectHelloWorld(record.get());
}

TEST_F(GrpcBackendTest, AnswersThatAreNotOfTheContractAreDataLoss) {
  // Has the fake's names, but another type where the fake sends a message: bytes that are no UTF-8.
  const std::string path = testing::TempDir() + "/other.proto";
  std::ofstream(path) << R"(syntax = "proto3"; package fake;
      service Generator { rpc Generate(In) returns (stream Out); }
      message In { string text = 1; }
      message Out { string delta = 2; })";
  service().deltas = {{"\xc3\xa9"}};
  options_.proto_file = path;
  options_.proto_paths = {};
  options_.messages = DynamicMessagesOptions();
  options_.messages.method = "fake.Generator/Generate";
  options_.messages.request_json = R"({"text": "{prompt}"})";
  options_.messages.text_field = "delta";
  const RequestRecord record = Run();
  EXPECT_EQ(record.outcome, RequestOutcome::kFailed);
  EXPECT_EQ(record.code, "DATA_LOSS");
  EXPECT_TRUE(absl::StrContains(record.message, "is no fake.Out")) << record.message;
}

TEST_F(GrpcBackendTest, WrongOptionsAreToldAtOnce) {
  const GrpcBackend::Options good = options_;
  options_.messages.method = "fake.Generator/Stream";
  EXPECT_EQ(ConnectError().code(), absl::StatusCode::kNotFound);
  options_.messages.method = "fake.Generator";
  EXPECT_EQ(ConnectError().code(), absl::StatusCode::kInvalidArgument);
  options_.messages.method = "fake.Generator/Ask";
  EXPECT_EQ(ConnectError().code(), absl::StatusCode::kInvalidArgument);
  options_ = good;
  options_.proto_file = "fake/other.proto";
  EXPECT_EQ(ConnectError().code(), absl::StatusCode::kNotFound);
  options_ = good;
  options_.messages.request_json = R"({"prompt": "{prompt}"})";
  EXPECT_TRUE(absl::StrContains(ConnectError().message(), "prompt: Cannot find field"))
      << ConnectError();
  options_ = good;
  options_.messages.text_field = "text";
  EXPECT_TRUE(absl::StrContains(ConnectError().message(), "text field")) << ConnectError();
  options_ = good;
  options_.transport.address = "127.0.0.1:1";
  EXPECT_EQ(GrpcBackend(options_).Connect(absl::Milliseconds(100)).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(GrpcBackendTest, ReflectionHasTheSameErrors) {
  options_.proto_file = "";
  options_.messages.method = "fake.Other/Generate";
  EXPECT_TRUE(absl::StrContains(ConnectError().message(), "fake.Generator")) << ConnectError();
  options_.messages.method = "fake.Generator/Other";
  EXPECT_TRUE(absl::StrContains(ConnectError().message(), "fake.Generator/Generate"))
      << ConnectError();
}

TEST_F(GrpcBackendTest, ARequestThatCanNotBeMadeEndsWithWhy) {
  const auto backend = Connect();
  LoadRequest request = Hello();
  request.max_tokens = 4294967295u;  // into an int32
  std::promise<RequestRecord> promise;
  backend->Start(request, absl::nullopt,
                 [&promise](RequestRecord record) { promise.set_value(std::move(record)); });
  const RequestRecord record = promise.get_future().get();
  EXPECT_EQ(record.outcome, RequestOutcome::kFailed);
  EXPECT_EQ(record.code, "INVALID_ARGUMENT");
  EXPECT_TRUE(absl::StrContains(record.message, "max_new_tokens")) << record.message;
}

TEST_F(GrpcBackendTest, Check) {
  GrpcBackend early(options_);
  EXPECT_EQ(early.Check(Hello()).code(), absl::StatusCode::kFailedPrecondition);
  const auto backend = Connect();
  LoadRequest request = Hello();
  request.prompt = std::vector<ChatTurn>{{"user", "Hi"}};
  EXPECT_EQ(backend->Check(request).code(), absl::StatusCode::kInvalidArgument);
  request = Hello();
  request.max_tokens = 4294967295u;  // into an int32
  EXPECT_EQ(backend->Check(request).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace baton
