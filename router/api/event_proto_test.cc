#include "router/api/event_proto.h"

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(EventProtoTest, CarriesAPieceWithItsLogprobs) {
  PieceEvent event;
  event.choice = 3;
  event.position = 4;
  event.token_ids = {1, 2};
  event.text = "hi";
  event.logprobs = {{-0.5f, {{1, -0.5f}, {9, -1.5f}}}, {-0.25f, {}}};
  const v1::GeneratedPiece piece = PieceProto(event);
  EXPECT_EQ(piece.choice(), 3u);
  EXPECT_EQ(piece.position(), 4u);
  EXPECT_THAT(piece.token_ids(), testing::ElementsAre(1, 2));
  EXPECT_EQ(piece.text(), "hi");
  ASSERT_EQ(piece.logprobs_size(), 2);
  EXPECT_EQ(piece.logprobs(0).logprob(), -0.5f);
  EXPECT_EQ(piece.logprobs(0).top(1).token_id(), 9u);
  EXPECT_EQ(piece.logprobs(0).top(1).logprob(), -1.5f);
}

TEST(EventProtoTest, CarriesTheEnd) {
  FinishedEvent event;
  event.first.reason = FinishReason::kStop;
  event.first.stop_token_id = 0;  // zero has a meaning
  event.output_tokens = 12;
  event.cached_tokens = 3;
  event.queued = absl::Nanoseconds(1);
  event.prefill = absl::Milliseconds(1500);
  event.first_token = absl::Seconds(2);
  event.total = absl::Seconds(3) + absl::Nanoseconds(999999999);
  const v1::GenerateFinished finished = FinishedProto(event, 7, "class");
  EXPECT_EQ(finished.reason(), v1::FINISH_REASON_STOP);
  EXPECT_TRUE(finished.has_stop_token_id());
  EXPECT_FALSE(finished.has_stop_string());
  EXPECT_EQ(finished.usage().prompt_tokens(), 7u);
  EXPECT_EQ(finished.usage().output_tokens(), 12u);
  EXPECT_EQ(finished.usage().cached_tokens(), 3u);
  EXPECT_EQ(finished.timings().queued().nanos(), 1);
  EXPECT_EQ(finished.timings().prefill().seconds(), 1);
  EXPECT_EQ(finished.timings().prefill().nanos(), 500000000);
  EXPECT_EQ(finished.timings().first_token().seconds(), 2);
  EXPECT_EQ(finished.timings().total().nanos(), 999999999);
  EXPECT_EQ(finished.numerics_class(), "class");
}

TEST(EventProtoTest, CarriesThePrompt) {
  PromptEvent event;
  event.position = 4;
  event.token_ids = {1, 2};
  event.text = "hi";
  event.logprobs = {{}, {-0.5f, {{9, -1.5f}}}};
  const v1::PromptPiece piece = PromptProto(event);
  EXPECT_EQ(piece.position(), 4u);
  EXPECT_THAT(piece.token_ids(), testing::ElementsAre(1, 2));
  EXPECT_EQ(piece.text(), "hi");
  ASSERT_EQ(piece.logprobs_size(), 2);
  EXPECT_EQ(piece.logprobs(0).top_size(), 0);
  EXPECT_EQ(piece.logprobs(1).top(0).token_id(), 9u);
}

TEST(EventProtoTest, CarriesTheEndOfAChoice) {
  ChoiceEnd end;
  end.choice = 2;
  end.reason = FinishReason::kStop;
  end.stop_token_id = 0;  // zero has a meaning
  end.output_tokens = 5;
  v1::ChoiceFinished finished = ChoiceFinishedProto(end);
  EXPECT_EQ(finished.choice(), 2u);
  EXPECT_EQ(finished.reason(), v1::FINISH_REASON_STOP);
  EXPECT_TRUE(finished.has_stop_token_id());
  EXPECT_FALSE(finished.has_stop_string());
  EXPECT_EQ(finished.output_tokens(), 5u);
  EXPECT_FALSE(finished.has_cumulative_logprob());
  end.stop_string = "END";
  end.cumulative_logprob = -1.5;
  finished = ChoiceFinishedProto(end);
  EXPECT_EQ(finished.stop_string(), "END");
  EXPECT_EQ(finished.cumulative_logprob(), -1.5);
}

TEST(EventProtoTest, MapsEveryReason) {
  FinishedEvent event;
  ChoiceEnd end;
  event.first.stop_string = "END";
  EXPECT_EQ(FinishedProto(event, 1, "").stop_string(), "END");
  const std::pair<FinishReason, v1::FinishReason> cases[] = {
      {FinishReason::kStop, v1::FINISH_REASON_STOP},
      {FinishReason::kLength, v1::FINISH_REASON_LENGTH},
      {FinishReason::kDrain, v1::FINISH_REASON_DRAIN},
      {FinishReason::kDeadline, v1::FINISH_REASON_DEADLINE},
  };
  for (const auto& [reason, expected] : cases) {
    event.first.reason = reason;
    end.reason = reason;
    EXPECT_EQ(FinishedProto(event, 1, "").reason(), expected);
    EXPECT_EQ(ChoiceFinishedProto(end).reason(), expected);
  }
}

}  // namespace
}  // namespace baton
