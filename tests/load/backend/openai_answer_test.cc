#include "tests/load/backend/openai_answer.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using Step = OpenAiAnswer::Step;

constexpr absl::string_view kToken = R"({"choices":[{"text":"a"}]})";
constexpr absl::string_view kStop = R"({"choices":[{"text":"b","finish_reason":"STOP"}]})";

// One request whose answer is `endpoint`'s. It was sent at second 0.
class Exchange {
 public:
  explicit Exchange(OpenAiEndpoint endpoint = OpenAiEndpoint::kCompletions,
                    const LoadRequest& request = {})
      : recorder_(request, absl::nullopt, /*keep_text=*/true),
        answer_(endpoint, /*max_event_bytes=*/1000, &recorder_) {
    recorder_.Sent(At(0));
  }

  static absl::Time At(int s) { return absl::FromUnixSeconds(s); }
  // The steps until the first that is no event.
  std::vector<Step> Events(const std::vector<absl::string_view>& datas, int at) {
    for (const absl::string_view data : datas)
      answer_.Body(200, absl::StrCat("data:", data, "\n\n"));
    std::vector<Step> steps;
    do steps.push_back(answer_.Next(At(at)));
    while (steps.back() == Step::kEvent);
    return steps;
  }
  OpenAiAnswer& answer() { return answer_; }
  RequestRecord End(const OpenAiTransport& transport = {200, "", "", absl::nullopt}) {
    return recorder_.End(At(100), answer_.End(transport));
  }

 private:
  StreamRecorder recorder_;
  OpenAiAnswer answer_;
};

TEST(OpenAiAnswerTest, TimesAreThoseOfTheReads) {
  Exchange exchange;
  EXPECT_THAT(exchange.Events({kToken, kToken}, 1),
              ElementsAre(Step::kEvent, Step::kEvent, Step::kNeedsBytes));
  exchange.Events({kStop, "[DONE]"}, 3);
  const RequestRecord record = exchange.End();
  EXPECT_EQ(record.outcome, RequestOutcome::kCompleted);
  EXPECT_EQ(record.finish, "stop");
  EXPECT_EQ(record.text, "aab");
  ASSERT_EQ(record.chunks.size(), 3u);
  EXPECT_EQ(record.chunk_time(0), Exchange::At(1));
  EXPECT_EQ(record.chunk_time(1), Exchange::At(1));
  EXPECT_EQ(record.chunk_time(2), Exchange::At(3));
}

constexpr absl::string_view kClosing = R"({"choices":[{"text":"","finish_reason":"length"}]})";

std::string CountOf(int tokens) {
  return absl::StrCat(R"({"choices":[],"usage":{"completion_tokens":)", tokens, "}}");
}

// llama.cpp's server closes an answer with an event that has no token.
TEST(OpenAiAnswerTest, AClosingEventIsNoOutput) {
  Exchange exchange;
  exchange.Events({kToken, kToken}, 1);
  exchange.Events({kClosing, CountOf(2), "[DONE]"}, 3);
  const RequestRecord record = exchange.End();
  EXPECT_EQ(record.outcome, RequestOutcome::kCompleted);
  ASSERT_EQ(record.chunks.size(), 2u);
  EXPECT_EQ(record.chunk_time(1), Exchange::At(1));
}

// vLLM's sends the last token with it, which may have no text.
TEST(OpenAiAnswerTest, AClosingEventIsOutputWhereTheCountSaysSo) {
  Exchange exchange;
  exchange.Events({kToken, kToken}, 1);
  exchange.Events({kClosing}, 3);
  exchange.Events({CountOf(3), "[DONE]"}, 4);
  const RequestRecord record = exchange.End();
  ASSERT_EQ(record.chunks.size(), 3u);
  EXPECT_EQ(record.chunk_time(2), Exchange::At(3));
  EXPECT_EQ(record.output_tokens, 3u);
}

TEST(OpenAiAnswerTest, AnAnswerOfOneTokenWithoutTextCompletes) {
  Exchange exchange;
  exchange.Events({kClosing}, 3);
  exchange.Events({CountOf(1), "[DONE]"}, 4);
  const RequestRecord record = exchange.End();
  EXPECT_EQ(record.outcome, RequestOutcome::kCompleted);
  ASSERT_EQ(record.chunks.size(), 1u);
}

TEST(OpenAiAnswerTest, WhatFollowsDoneIsNotRead) {
  Exchange exchange;
  EXPECT_THAT(exchange.Events({kToken, "[DONE]", "nonsense"}, 1),
              ElementsAre(Step::kEvent, Step::kNeedsBytes));
  EXPECT_EQ(exchange.End({200, "the connection broke", "", absl::nullopt}).outcome,
            RequestOutcome::kCompleted);
}

TEST(OpenAiAnswerTest, OutputWithoutTextCountsAndIsAnEstimate) {
  Exchange exchange(OpenAiEndpoint::kChat);
  constexpr absl::string_view kThought = R"({"choices":[{"delta":{"reasoning":"hm"}}]})";
  constexpr absl::string_view kUsage =
      R"({"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"completion_tokens":6}})";
  exchange.Events({R"({"choices":[{"delta":{"role":"assistant","content":""}}]})"}, 1);
  exchange.Events({kThought, kThought, kUsage, "[DONE]"}, 2);
  const RequestRecord record = exchange.End();
  EXPECT_EQ(record.outcome, RequestOutcome::kCompleted);
  EXPECT_TRUE(record.chunk_tokens_estimated);
  EXPECT_EQ(record.output_tokens, 6u);
  EXPECT_EQ(record.text, "");
  ASSERT_EQ(record.chunks.size(), 2u);
  EXPECT_EQ(record.chunk_time(0), Exchange::At(2));
  EXPECT_EQ(record.chunks[0].tokens + record.chunks[1].tokens, 6u);
}

TEST(OpenAiAnswerTest, TheLastUsageHolds) {
  Exchange exchange;
  for (const int n : {1, 2}) {
    exchange.Events({absl::StrCat(R"({"choices":[{"text":"a"}],"usage":{"prompt_tokens":5,)"
                                  R"("completion_tokens":)",
                                  n, "}}")},
                    n);
  }
  exchange.Events({"[DONE]"}, 3);
  const RequestRecord record = exchange.End();
  EXPECT_EQ(record.prompt_tokens, 5u);
  EXPECT_EQ(record.output_tokens, 2u);
}

TEST(OpenAiAnswerTest, TheClientCancels) {
  LoadRequest request;
  request.behaviour.cancel_after = 2;
  Exchange exchange(OpenAiEndpoint::kCompletions, request);
  EXPECT_THAT(exchange.Events({kToken, kToken, kToken}, 1), ElementsAre(Step::kEvent, Step::kStop));
  const RequestRecord record = exchange.End();
  EXPECT_EQ(record.outcome, RequestOutcome::kCancelled);
  EXPECT_EQ(record.output_tokens, 2u);
}

TEST(OpenAiAnswerTest, AStreamMayTellThatItIsRefused) {
  constexpr absl::string_view kFull = R"({"error":{"message":"full","code":"429"}})";
  Exchange refused;
  EXPECT_THAT(refused.Events({kFull}, 1), ElementsAre(Step::kStop));
  EXPECT_EQ(refused.End().outcome, RequestOutcome::kRefused);
  Exchange late;
  late.Events({kToken, kFull}, 1);
  const RequestRecord record = late.End();
  EXPECT_EQ(record.outcome, RequestOutcome::kFailed);
  EXPECT_EQ(record.code, "HTTP 429");
}

TEST(OpenAiAnswerTest, AnAnswerThatIsNot200) {
  Exchange exchange;
  exchange.answer().Body(503, R"({"error":{"message":)");
  EXPECT_EQ(exchange.answer().Next(Exchange::At(1)), Step::kNeedsBytes);
  exchange.answer().Body(503, R"("full","type":"busy"}})");
  exchange.answer().BodyEnded();
  EXPECT_EQ(exchange.answer().Next(Exchange::At(1)), Step::kNeedsBytes);
  const RequestRecord record = exchange.End({503, "", "", absl::Seconds(2)});
  EXPECT_EQ(record.outcome, RequestOutcome::kRefused);
  EXPECT_EQ(record.code, "HTTP 503");
  EXPECT_EQ(record.reason, "busy");
  EXPECT_EQ(record.message, "full");
  EXPECT_EQ(record.retry_after, absl::Seconds(2));
}

TEST(OpenAiAnswerTest, NoAnswerAtAll) {
  Exchange exchange;
  const RequestRecord record = exchange.End({0, "Connection refused", "", absl::nullopt});
  EXPECT_EQ(record.outcome, RequestOutcome::kFailed);
  EXPECT_EQ(record.code, "NETWORK");
  EXPECT_EQ(record.message, "Connection refused");
}

}  // namespace
}  // namespace baton
