// What becomes of a request's events on the way to a client, through a real gRPC server.
#include "router/api/generate_stream.h"

#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/error_details.h"
#include "gmock/gmock.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "router/api/fake_cluster.h"
#include "router/api/inference_service.h"
#include "router/api/test_model.h"
#include "router/api/test_server.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::Duration kLong = absl::Seconds(20);  // far more than any step needs

ChoiceEnd End(uint32_t choice, uint32_t output_tokens) {
  ChoiceEnd end;
  end.choice = choice;
  end.reason = FinishReason::kLength;
  end.output_tokens = output_tokens;
  return end;
}

TEST(GenerateStreamTest, SendsThePromptThenTheChoices) {
  TestServer server([](FakeRun* run) {
    EXPECT_EQ(run->request().n, 2u);
    run->Start();
    PromptEvent prompt;
    prompt.token_ids = {3, 4};
    prompt.text = "the the";
    prompt.logprobs = {{}, {-1.5f, {}}};
    run->sink().OnPrompt(prompt);
    run->Emit(0, 5, "a", 0);
    run->Emit(0, 6, "x", 1);
    run->Emit(1, 7, "b", 0);
    run->sink().OnChoiceFinished(End(0, 2));
    run->Emit(1, 8, "y", 1);
    run->sink().OnChoiceFinished(End(1, 2));
    run->Finish(4);
  });
  v1::GenerateRequest request = TextRequest("the the");
  request.set_n(2);
  request.set_echo(true);
  Call call(&server, request);
  const std::vector<v1::GenerateResponse> all = call.Rest();
  EXPECT_TRUE(call.Finish().ok());
  ASSERT_GE(all.size(), 7u);  // at most the two pieces of a choice are joined
  EXPECT_TRUE(all[0].has_started());
  EXPECT_EQ(all[1].prompt().text(), "the the");
  EXPECT_EQ(all[1].prompt().logprobs(1).logprob(), -1.5f);
  std::map<uint32_t, std::string> text;
  std::map<uint32_t, uint32_t> ends;
  for (size_t i = 2; i + 1 < all.size(); ++i) {
    if (all[i].has_choice_finished()) {
      ends[all[i].choice_finished().choice()] = all[i].choice_finished().output_tokens();
      continue;
    }
    const v1::GeneratedPiece& piece = all[i].piece();
    EXPECT_EQ(piece.position(), text[piece.choice()].size());
    EXPECT_EQ(ends.count(piece.choice()), 0u) << "after its end";
    text[piece.choice()] += piece.text();
  }
  EXPECT_THAT(text, ElementsAre(testing::Pair(0, "ab"), testing::Pair(1, "xy")));
  EXPECT_THAT(ends, ElementsAre(testing::Pair(0, 2), testing::Pair(1, 2)));
  EXPECT_EQ(all.back().finished().usage().output_tokens(), 4u);
}

// In process a write ends when it is read: while the client reads nothing, what follows `started`
// is buffered.
TEST(GenerateStreamTest, PausesForASlowReaderAndResumesOnceItHasRead) {
  constexpr uint32_t kHigh = 10;
  InferenceServiceOptions options;
  options.stream.high_tokens = kHigh;
  std::promise<uint32_t> paused;
  std::promise<int> resumed;
  TestServer server(
      [&](FakeRun* run) {
        run->Start();
        uint32_t i = 0;
        while (run->Emit(i, 1, "x")) ASSERT_LT(++i, 1000u);
        EXPECT_FALSE(run->Emit(++i, 1, "x")) << "what is under way is taken, and it stays paused";
        EXPECT_EQ(run->num_resumed(), 0);
        paused.set_value(++i);
        EXPECT_TRUE(run->WaitResumed(1, kLong));
        EXPECT_TRUE(run->Emit(i++, 1, "x"));
        run->Finish(i);
        resumed.set_value(run->num_resumed());
      },
      options);
  Call call(&server, TextRequest());
  const uint32_t before = paused.get_future().get();
  EXPECT_GT(before, kHigh);
  uint32_t position = 0;
  for (const v1::GenerateResponse& response : call.Rest()) {
    if (!response.has_piece()) continue;
    EXPECT_EQ(response.piece().position(), position);
    position += response.piece().token_ids_size();
  }
  EXPECT_TRUE(call.Finish().ok());
  EXPECT_EQ(position, before + 1) << "nothing is lost";
  EXPECT_EQ(resumed.get_future().get(), 1);
}

TEST(GenerateStreamTest, ResumesOnceForEachPause) {
  InferenceServiceOptions options;
  options.stream.high_tokens = 2;
  std::promise<int> pauses, resumes;
  TestServer server(
      [&](FakeRun* run) {
        run->Start();
        int paused = 0;
        for (uint32_t i = 0; i < 200; ++i) {
          if (run->Emit(i, 1, "x")) continue;
          EXPECT_TRUE(run->WaitResumed(++paused, kLong));
        }
        run->Finish(200);
        pauses.set_value(paused);
        resumes.set_value(run->num_resumed());
      },
      options);
  Call call(&server, TextRequest());
  EXPECT_TRUE(call.Drain().ok());
  EXPECT_EQ(pauses.get_future().get(), resumes.get_future().get());
}

// Its events come before Submit returns: the pause is over before there is anything to resume with.
class HastyCluster : public FakeCluster {
 public:
  HastyCluster() : FakeCluster(TestServing(), nullptr) {}

  RequestHandle Submit(std::shared_ptr<const ModelContext> /*model*/, EngineRequest request,
                       std::shared_ptr<RequestSink> sink) override {
    auto run = std::make_shared<FakeRun>(std::move(request), std::move(sink));
    run->Start();
    uint32_t position = 0;
    while (run->Emit(position++, 1, "x")) {
    }
    while (!run->Emit(position, 1, "")) absl::SleepFor(absl::Milliseconds(1));
    return {[] {}, [run, position] { run->Resume(), run->Finish(position); }};
  }
};

TEST(GenerateStreamTest, ResumesWhatDrainedBeforeThereWasAHandle) {
  InferenceServiceOptions options;
  options.read_at_once_bytes = 0;  // Submit waits for the client
  options.stream.high_tokens = 2;
  HastyCluster cluster;
  InferenceService service(options, &cluster, Clock::Real());
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto stub = v1::InferenceService::NewStub(server->InProcessChannel({}));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kLong));
  const auto reader = stub->Generate(&context, TextRequest());
  v1::GenerateResponse response;
  while (reader->Read(&response)) {
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_TRUE(response.has_finished());
}

TEST(GenerateStreamTest, BytesPauseTooAndThePromptCounts) {
  InferenceServiceOptions options;
  options.stream.high_bytes = 100;
  std::promise<void> done;
  TestServer server(
      [&done](FakeRun* run) {
        run->Start();
        PromptEvent prompt;
        prompt.text = std::string(60, 'p');
        run->sink().OnPrompt(prompt);
        EXPECT_TRUE(run->Emit(0, 1, std::string(20, 'x')));
        EXPECT_FALSE(run->Emit(1, 1, std::string(20, 'x')));
        run->sink().OnError(absl::ResourceExhaustedError("paused for too long"));
        done.set_value();
      },
      options);
  Call call(&server, TextRequest());
  done.get_future().wait();
  EXPECT_THAT(call.Drain().message(), HasSubstr("paused for too long"));
}

TEST(GenerateStreamTest, EndsAStreamThatIsReadTooSlowly) {
  InferenceServiceOptions options;
  options.stream.max_tokens = 10;
  std::promise<bool> cancelled;
  TestServer server(
      [&cancelled](FakeRun* run) {
        run->Start();
        uint32_t i = 0;
        while (i < 100 && !run->cancelled()) run->Emit(i++, 1, "x");
        cancelled.set_value(run->WaitCancelled(kLong));
      },
      options);
  Call call(&server, TextRequest());
  EXPECT_TRUE(cancelled.get_future().get());
  const absl::Status status = call.Drain();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(status.message(), HasSubstr("reads too slowly: 10 tokens"));
  EXPECT_EQ(Reason(status), absl::optional<std::string>("SLOW_READER"));
}

TEST(GenerateStreamTest, CancelsTheCallOfAClientThatTakesNothing) {
  for (const bool patient : {false, true}) {
    InferenceServiceOptions options;
    if (!patient) options.last_writes = absl::Milliseconds(50);
    std::promise<void> ended;
    TestServer server(
        [&ended](FakeRun* run) {
          run->Start();
          run->Emit(0, 1, "x");
          run->sink().OnError(absl::ResourceExhaustedError("paused for too long"));
          ended.set_value();
        },
        options);
    Call call(&server, TextRequest());
    ended.get_future().wait();
    absl::SleepFor(absl::Milliseconds(500));
    EXPECT_EQ(call.Drain().code(),
              patient ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kCancelled);
  }
}

TEST(GenerateStreamTest, EndsAStreamWhosePromptIsReadTooSlowly) {
  InferenceServiceOptions options;
  options.stream.max_bytes = 100;
  std::promise<bool> cancelled;
  TestServer server(
      [&cancelled](FakeRun* run) {
        run->Start();
        PromptEvent prompt;
        prompt.text = std::string(101, 'p');
        run->sink().OnPrompt(prompt);
        cancelled.set_value(run->cancelled() || run->WaitCancelled(kLong));
      },
      options);
  Call call(&server, TextRequest());
  EXPECT_TRUE(cancelled.get_future().get());
  EXPECT_EQ(Reason(call.Drain()), absl::optional<std::string>("SLOW_READER"));
}

TEST(GenerateStreamTest, RefusalsOfTheEngineKeepTheirDetails) {
  for (const bool started : {false, true}) {
    TestServer server([started](FakeRun* run) {
      if (started) run->Start(), run->Emit(0, 1, "x");
      run->sink().OnError(WithReason(
          WithRetryAfter(absl::ResourceExhaustedError("the queue is full"), absl::Seconds(3)),
          "QUEUE_FULL"));
    });
    const absl::Status status = Call(&server, TextRequest()).Drain();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(status.message(), "the queue is full");
    EXPECT_EQ(RetryAfter(status), absl::optional<absl::Duration>(absl::Seconds(3)));
    EXPECT_EQ(Reason(status), absl::optional<std::string>("QUEUE_FULL"));
  }
}

}  // namespace
}  // namespace baton
