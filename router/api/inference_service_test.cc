// The services through a real gRPC server, with a fake cluster behind them.
#include "router/api/inference_service.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/error_details.h"
#include "gmock/gmock.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "router/api/fake_cluster.h"
#include "router/api/test_server.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::Duration kLong = absl::Seconds(20);  // far more than any step needs

void NoScript(FakeRun*) { FAIL() << "nothing should have been submitted"; }

TEST(GenerateTest, StreamsStartedThenPiecesThenFinished) {
  TestServer server([](FakeRun* run) {
    run->Start();
    run->Emit(0, 5, "a");
    run->Emit(1, 6, "b");
    run->Finish(2);
  });
  v1::GenerateRequest request = TextRequest("the the");
  request.set_request_id("mine");
  request.mutable_sampling()->set_seed(9);
  request.mutable_stop()->set_max_tokens(7);
  Call call(&server, request);

  const std::vector<v1::GenerateResponse> all = call.Rest();
  EXPECT_TRUE(call.Finish().ok());
  ASSERT_GE(all.size(), 3u);
  const v1::GenerateStarted& started = all.front().started();
  EXPECT_EQ(started.request_id(), "mine");
  EXPECT_EQ(started.seed(), 9u);
  EXPECT_EQ(started.numerics_class(), "fake/1");
  EXPECT_EQ(started.group(), "group-0");
  EXPECT_EQ(started.model(), "tiny");
  EXPECT_EQ(started.model_digest(), "d1ce");
  EXPECT_EQ(started.prompt_digest().size(), 64u);
  EXPECT_EQ(started.prompt_tokens(), 2u);
  EXPECT_EQ(started.max_tokens(), 7u);
  std::string text;
  std::vector<uint32_t> tokens;
  for (size_t i = 1; i + 1 < all.size(); ++i) {
    ASSERT_TRUE(all[i].has_piece());
    EXPECT_EQ(all[i].piece().position(), tokens.size());
    text += all[i].piece().text();
    tokens.insert(tokens.end(), all[i].piece().token_ids().begin(),
                  all[i].piece().token_ids().end());
  }
  EXPECT_EQ(text, "ab");
  EXPECT_THAT(tokens, ElementsAre(5, 6));
  const v1::GenerateFinished& finished = all.back().finished();
  EXPECT_EQ(finished.reason(), v1::FINISH_REASON_LENGTH);
  EXPECT_EQ(finished.usage().prompt_tokens(), 2u);
  EXPECT_EQ(finished.usage().output_tokens(), 2u);
  EXPECT_EQ(finished.timings().total().seconds(), 2);
  EXPECT_EQ(finished.numerics_class(), "fake/1");
}

TEST(GenerateTest, MergesWhatASlowReaderLeaves) {
  constexpr uint32_t kTokens = 500;
  std::promise<void> emitted;
  TestServer server([&emitted](FakeRun* run) {
    run->Start();
    for (uint32_t i = 0; i < kTokens; ++i) run->Emit(i, static_cast<int32_t>(i % 200), "x");
    run->Finish(kTokens);
    emitted.set_value();
  });
  Call call(&server, TextRequest());
  emitted.get_future().wait();
  const std::vector<v1::GenerateResponse> all = call.Rest();
  EXPECT_TRUE(call.Finish().ok());
  EXPECT_LE(all.size(), 5u);  // started, at most what was in flight, the merged rest, finished
  uint32_t position = 0;
  for (const v1::GenerateResponse& response : all) {
    for (const uint32_t token : response.piece().token_ids()) EXPECT_EQ(token, position++ % 200);
  }
  EXPECT_EQ(position, kTokens);
}

TEST(GenerateTest, CancelReachesTheEngine) {
  std::promise<bool> cancelled;
  TestServer server([&cancelled](FakeRun* run) {
    run->Start();
    run->Emit(0, 1, "x");
    cancelled.set_value(run->WaitCancelled(kLong));
    run->Emit(1, 1, "late");
    run->sink().OnError(absl::CancelledError("as asked"));
  });
  Call call(&server, TextRequest());
  EXPECT_TRUE(call.Next()->has_started());
  EXPECT_TRUE(call.Next()->has_piece());
  call.Cancel();
  EXPECT_TRUE(cancelled.get_future().get());
  EXPECT_EQ(call.Drain().code(), absl::StatusCode::kCancelled);
}

TEST(GenerateTest, DeadlineReachesTheEngine) {
  std::promise<absl::Duration> left;
  std::promise<bool> cancelled;
  TestServer server([&](FakeRun* run) {
    left.set_value(run->request().deadline - run->request().arrival);
    run->Start();
    cancelled.set_value(run->WaitCancelled(kLong));
  });
  Call call(&server, TextRequest(), absl::Milliseconds(500));
  const absl::Duration seen = left.get_future().get();
  EXPECT_GT(seen, absl::ZeroDuration());
  EXPECT_LE(seen, absl::Milliseconds(550));
  EXPECT_EQ(call.Drain().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(cancelled.get_future().get());
}

TEST(GenerateTest, NoDeadlineIsNever) {
  std::promise<absl::Time> deadline;
  TestServer server([&deadline](FakeRun* run) {
    deadline.set_value(run->request().deadline);
    run->Start();
    run->Finish(0);
  });
  EXPECT_TRUE(Call(&server, TextRequest()).Drain().ok());
  EXPECT_EQ(deadline.get_future().get(), absl::InfiniteFuture());
}

TEST(GenerateTest, SendsWhatWasCommittedBeforeAnError) {
  TestServer server([](FakeRun* run) {
    run->Start();
    run->Emit(0, 1, "x");
    run->sink().OnError(absl::UnavailableError("group-0: rank 1 was lost"));
  });
  Call call(&server, TextRequest());
  const std::vector<v1::GenerateResponse> all = call.Rest();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].piece().text(), "x");
  const absl::Status status = call.Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "group-0: rank 1 was lost");
}

TEST(GenerateTest, CarriesEveryStatusWithItsDetails) {
  std::atomic<int> code = 0;
  TestServer server([&code](FakeRun* run) {
    const absl::Status status(static_cast<absl::StatusCode>(code.load()), "because");
    run->sink().OnError(WithRetryAfter(status, absl::Milliseconds(250)));
  });
  for (code = 1; code <= 16; ++code) {
    const absl::Status status = Call(&server, TextRequest()).Drain();
    EXPECT_EQ(status.raw_code(), code.load());
    EXPECT_EQ(status.message(), "because");
    EXPECT_EQ(RetryAfter(status), absl::optional<absl::Duration>(absl::Milliseconds(250)));
  }
}

TEST(GenerateTest, RefusesBadRequestsBeforeAnythingIsQueued) {
  const struct {
    std::function<void(v1::GenerateRequest*)> make;
    const char* field;
    const char* description;
  } cases[] = {
      {[](auto* r) { r->clear_input(); }, "input", "none is"},
      {[](auto* r) { r->set_text(""); }, "text", "must not be empty"},
      {[](auto* r) { r->set_text("ab\xff!"); }, "text", "byte 0xff at offset 2 of 4"},
      {[](auto* r) { r->set_model("\xc3"); }, "model", "byte 0xc3 at offset 0 of 1"},
      {[](auto* r) { r->mutable_stop()->add_strings("\x80"); }, "stop.strings[0]", "byte 0x80"},
      {[](auto* r) { r->mutable_tokens()->add_ids(5000); }, "tokens.ids[0]", "is 5000"},
      {[](auto* r) { r->mutable_sampling()->set_temperature(-1); }, "sampling.temperature",
       "is -1"},
      {[](auto* r) { r->mutable_stop()->set_max_tokens(5000); }, "stop.max_tokens", "is 5000"},
  };
  TestServer server(NoScript);
  for (const auto& test : cases) {
    v1::GenerateRequest request = TextRequest();
    test.make(&request);
    const absl::Status status = Call(&server, request).Drain();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    ASSERT_EQ(FieldViolations(status).size(), 1u) << status;
    EXPECT_EQ(FieldViolations(status)[0].field, test.field);
    EXPECT_THAT(FieldViolations(status)[0].description, HasSubstr(test.description));
  }
  EXPECT_EQ(server.cluster().num_submitted(), 0u);
}

TEST(GenerateTest, ReadsARequestOfManyFrames) {
  TestServer server(NoScript, {}, TestServer::kTcp);
  const absl::Status status = Call(&server, TextRequest(std::string(1 << 20, 'q'))).Drain();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("the prompt has 1048576 tokens"));
}

TEST(GenerateTest, ReportsAnUnknownModel) {
  TestServer server(NoScript);
  v1::GenerateRequest request = TextRequest();
  request.set_model("huge");
  EXPECT_EQ(Call(&server, request).Drain().code(), absl::StatusCode::kNotFound);
}

TEST(GenerateTest, RefusesWorkBeyondThePoolsQueue) {
  std::promise<void> blocked, release;
  std::shared_future<void> released(release.get_future());
  InferenceServiceOptions options;
  options.read_at_once_bytes = 0;
  options.work.threads = 1;
  options.work.max_queued = 1;
  std::atomic<int> drawn = 0;
  options.random = [&]() -> uint64_t {  // blocks the only thread, once
    if (drawn++ == 0) {
      blocked.set_value();
      released.wait();
    }
    return 1;
  };
  TestServer server([](FakeRun* run) { run->Start(), run->Finish(0); }, options);
  Call running(&server, TextRequest());
  blocked.get_future().wait();
  Call queued(&server, TextRequest());
  // Either of the next two may be the one that waits in the queue; the other is refused.
  Call refused(&server, TextRequest());
  std::future<absl::Status> ends[] = {
      std::async(std::launch::async, [&queued] { return queued.Drain(); }),
      std::async(std::launch::async, [&refused] { return refused.Drain(); })};
  while (ends[0].wait_for(std::chrono::milliseconds(1)) != std::future_status::ready &&
         ends[1].wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
  }
  release.set_value();
  EXPECT_TRUE(running.Drain().ok());
  int refusals = 0;
  for (auto& end : ends) {
    const absl::Status status = end.get();
    if (status.ok()) continue;
    ++refusals;
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_THAT(status.message(), HasSubstr("server busy"));
    EXPECT_TRUE(RetryAfter(status).has_value());
  }
  EXPECT_EQ(refusals, 1);
}

TEST(GenerateTest, ShutdownCancelsAndLateEventsDoNoHarm) {
  std::promise<void> started, destroyed;
  std::shared_future<void> gone(destroyed.get_future());
  auto server = std::make_unique<TestServer>([&started, gone](FakeRun* run) {
    run->Start();
    started.set_value();
    EXPECT_TRUE(run->WaitCancelled(kLong));
    gone.wait();
    run->Emit(0, 1, "into the void");
    run->Finish(1);
  });
  Call call(server.get(), TextRequest());
  started.get_future().wait();
  server->Shutdown();
  destroyed.set_value();
  EXPECT_FALSE(call.Drain().ok());
  server.reset();  // waits for the script
}

// Many streams end in every way at once: read to the end, cancelled at a random moment, out of
// time, left behind by a slow reader. Every script must end, and what a client gets must be the
// start of what its script sent.
TEST(GenerateTest, SurvivesAStormOfCancels) {
  constexpr int kThreads = 8, kCallsPerThread = 40;
  constexpr uint32_t kTokens = 60;
  std::atomic<int> ended = 0;
  InferenceServiceOptions options;
  options.stream.max_tokens = 40;
  for (const auto transport : {TestServer::kInProcess, TestServer::kTcp}) {
    ended = 0;
    {
      TestServer server(
          [&ended](FakeRun* run) {
            run->Start();
            uint32_t i = 0;
            while (i < kTokens && !run->cancelled()) {
              run->Emit(i, static_cast<int32_t>(i), "x");
              if (++i % 7 == 0) std::this_thread::yield();
            }
            if (run->request().sampling.seed % 3 == 0) {
              run->sink().OnError(absl::UnavailableError("lost"));
            } else {
              run->Finish(i);
            }
            ++ended;
          },
          options, transport);
      std::vector<std::thread> clients;
      for (int t = 0; t < kThreads; ++t) {
        clients.emplace_back([&server, t] {
          std::mt19937 random(t);
          for (int i = 0; i < kCallsPerThread; ++i) {
            v1::GenerateRequest request = TextRequest();
            request.mutable_sampling()->set_seed(random());
            const bool hurried = random() % 4 == 0;
            Call call(&server, request,
                      hurried ? absl::Microseconds(random() % 5000) : absl::InfiniteDuration());
            const uint32_t reads = random() % 20;
            uint32_t position = 0;
            for (uint32_t r = 0; r < reads; ++r) {
              const auto response = call.Next();
              if (!response) break;
              for (const uint32_t token : response->piece().token_ids()) {
                EXPECT_EQ(token, position++);
              }
            }
            if (random() % 3 != 0) call.Cancel();
            call.Drain().IgnoreError();
          }
        });
      }
      for (std::thread& client : clients) client.join();
    }
    EXPECT_GT(ended.load(), 0);
  }
}

TEST(UnaryTest, TokenizesAndBack) {
  TestServer server(NoScript);
  grpc::ClientContext first, second;
  v1::TokenizeRequest tokenize;
  tokenize.set_text("the the");
  v1::TokenizeResponse tokens;
  ASSERT_TRUE(server.stub().Tokenize(&first, tokenize, &tokens).ok());
  EXPECT_THAT(tokens.token_bytes(), ElementsAre("the", " the"));
  v1::DetokenizeRequest detokenize;
  *detokenize.mutable_token_ids() = tokens.token_ids();
  v1::DetokenizeResponse text;
  ASSERT_TRUE(server.stub().Detokenize(&second, detokenize, &text).ok());
  EXPECT_EQ(text.text(), "the the");
}

TEST(UnaryTest, DescribesModelsAndCluster) {
  TestServer server(NoScript);
  grpc::ClientContext first, second, third, fourth;
  v1::ListModelsResponse list;
  ASSERT_TRUE(server.stub().ListModels(&first, {}, &list).ok());
  ASSERT_EQ(list.models_size(), 1);
  v1::GetModelResponse model;
  ASSERT_TRUE(server.stub().GetModel(&second, {}, &model).ok());
  EXPECT_EQ(model.model().name(), "tiny");
  EXPECT_EQ(model.model().SerializeAsString(), list.models(0).SerializeAsString());
  v1::GetModelRequest unknown;
  unknown.set_model("huge");
  EXPECT_EQ(server.stub().GetModel(&third, unknown, &model).error_code(),
            grpc::StatusCode::NOT_FOUND);
  v1::GetClusterStatusResponse status;
  ASSERT_TRUE(
      v1::ClusterService::NewStub(server.channel())->GetClusterStatus(&fourth, {}, &status).ok());
  EXPECT_EQ(status.version(), "1.2.3");
  EXPECT_EQ(status.groups(0).ranks_size(), 2);
}

TEST(UnaryTest, AnswersMalformedRequestsWithInvalidArgument) {
  TestServer server(NoScript, {}, TestServer::kTcp);
  grpc::GenericStub stub(server.channel());
  for (const char* method : {"Tokenize", "Detokenize", "ApplyChatTemplate", "GetModel"}) {
    for (const std::string bytes : {"\x0a\x01\xff", "\x0a\x7f", "\xff"}) {
      const grpc::Slice slice(bytes);
      const grpc::ByteBuffer request(&slice, 1);
      grpc::ByteBuffer response;
      grpc::ClientContext context;
      auto done = std::make_shared<std::promise<grpc::Status>>();
      stub.UnaryCall(&context, absl::StrCat("/baton.v1.InferenceService/", method), {}, &request,
                     &response, [done](grpc::Status status) { done->set_value(status); });
      const grpc::Status status = done->get_future().get();
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
          << method << ": " << status.error_message();
    }
  }
}

}  // namespace
}  // namespace baton
