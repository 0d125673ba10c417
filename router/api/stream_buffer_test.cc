#include "router/api/stream_buffer.h"

#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::ElementsAre;

PieceEvent Piece(uint32_t position, std::vector<int32_t> tokens, const std::string& text,
                 uint32_t choice = 0) {
  PieceEvent piece;
  piece.choice = choice;
  piece.position = position;
  piece.token_ids = std::move(tokens);
  piece.text = text;
  return piece;
}

TEST(StreamBufferTest, HandsOutStartedThenPiecesThenFinished) {
  StreamBuffer buffer(StreamBuffer::Limits{});
  EXPECT_TRUE(buffer.empty());
  v1::GenerateStarted started;
  started.set_request_id("r");
  buffer.PutStarted(started);
  ASSERT_TRUE(buffer.PutPiece(Piece(0, {7}, "a")));
  v1::GenerateFinished finished;
  finished.set_reason(v1::FINISH_REASON_STOP);
  buffer.PutFinished(finished);

  EXPECT_EQ(buffer.Take().started().request_id(), "r");
  EXPECT_EQ(buffer.Take().piece().text(), "a");
  EXPECT_FALSE(buffer.empty());
  EXPECT_EQ(buffer.Take().finished().reason(), v1::FINISH_REASON_STOP);
  EXPECT_TRUE(buffer.empty());
}

TEST(StreamBufferTest, JoinsPiecesThatContinueEachOther) {
  StreamBuffer buffer(StreamBuffer::Limits{});
  PieceEvent first = Piece(3, {10, 11}, "ab");
  first.logprobs = {{-1.0f, {{10, -1.0f}}}, {-2.0f, {}}};
  PieceEvent second = Piece(5, {12}, "");
  second.logprobs = {{-3.0f, {}}};
  ASSERT_TRUE(buffer.PutPiece(std::move(first)));
  ASSERT_TRUE(buffer.PutPiece(std::move(second)));
  ASSERT_TRUE(buffer.PutPiece(Piece(6, {}, "é")));  // held-back text
  EXPECT_EQ(buffer.num_tokens(), 3u);

  const v1::GeneratedPiece piece = buffer.Take().piece();
  EXPECT_EQ(piece.position(), 3u);
  EXPECT_THAT(piece.token_ids(), ElementsAre(10, 11, 12));
  EXPECT_EQ(piece.text(), "abé");
  ASSERT_EQ(piece.logprobs_size(), 3);
  EXPECT_EQ(piece.logprobs(0).top(0).token_id(), 10u);
  EXPECT_EQ(piece.logprobs(2).logprob(), -3.0f);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.num_tokens(), 0u);
  EXPECT_EQ(buffer.num_bytes(), 0u);
}

TEST(StreamBufferTest, KeepsPiecesWithAGapApart) {
  StreamBuffer buffer(StreamBuffer::Limits{});
  ASSERT_TRUE(buffer.PutPiece(Piece(0, {1}, "a")));
  ASSERT_TRUE(buffer.PutPiece(Piece(2, {2}, "b")));
  EXPECT_EQ(buffer.Take().piece().text(), "a");
  EXPECT_EQ(buffer.Take().piece().position(), 2u);
}

TEST(StreamBufferTest, StartsANewMessageAtTheSizeLimit) {
  StreamBuffer::Limits limits;
  limits.max_message_bytes = 20;
  StreamBuffer buffer(limits);
  for (uint32_t i = 0; i < 3; ++i)
    ASSERT_TRUE(buffer.PutPiece(Piece(i, {1}, "123456")));  // 10 bytes
  EXPECT_EQ(buffer.Take().piece().token_ids_size(), 2);
  EXPECT_EQ(buffer.Take().piece().token_ids_size(), 1);
}

TEST(StreamBufferTest, JoinsThePiecesOfEachChoice) {
  StreamBuffer buffer(StreamBuffer::Limits{});
  ChoiceEnd end;
  for (uint32_t i = 0; i < 3; ++i) {
    for (const uint32_t choice : {0, 1}) {
      ASSERT_TRUE(buffer.PutPiece(Piece(i, {1}, choice == 0 ? "a" : "b", choice)));
    }
  }
  end.choice = 0;
  buffer.PutChoiceEnd(end);
  ASSERT_TRUE(buffer.PutPiece(Piece(3, {1}, "b", 1)));
  end.choice = 1;
  buffer.PutChoiceEnd(end);
  EXPECT_EQ(buffer.num_tokens(), 7u);
  EXPECT_EQ(buffer.Take().piece().text(), "aaa");
  const v1::GeneratedPiece second = buffer.Take().piece();
  EXPECT_EQ(second.choice(), 1u);
  EXPECT_EQ(second.text(), "bbbb");
  EXPECT_EQ(buffer.Take().choice_finished().choice(), 0u);
  EXPECT_EQ(buffer.Take().choice_finished().choice(), 1u);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.num_tokens() + buffer.num_bytes(), 0u);
}

TEST(StreamBufferTest, NothingJoinsAcrossAnEnd) {
  StreamBuffer buffer(StreamBuffer::Limits{});
  ASSERT_TRUE(buffer.PutPiece(Piece(0, {1}, "a")));
  buffer.PutChoiceEnd({});
  ASSERT_TRUE(buffer.PutPiece(Piece(1, {1}, "b")));
  EXPECT_EQ(buffer.Take().piece().text(), "a");
  EXPECT_TRUE(buffer.Take().has_choice_finished());
  EXPECT_EQ(buffer.Take().piece().text(), "b");
}

TEST(StreamBufferTest, ThePromptComesFirstAndJoins) {
  StreamBuffer buffer(StreamBuffer::Limits{});
  PromptEvent prompt;
  prompt.token_ids = {1, 2};
  prompt.text = "on";
  ASSERT_TRUE(buffer.PutPrompt(prompt));
  prompt.position = 2;
  prompt.text = "ce";
  prompt.logprobs = {{-1.0f, {}}, {-2.0f, {}}};
  ASSERT_TRUE(buffer.PutPrompt(prompt));
  ASSERT_TRUE(buffer.PutPiece(Piece(4, {1}, " upon")));
  EXPECT_EQ(buffer.num_tokens(), 1u) << "the prompt's do not count";
  const v1::PromptPiece piece = buffer.Take().prompt();
  EXPECT_EQ(piece.token_ids_size(), 4);
  EXPECT_EQ(piece.text(), "once");
  EXPECT_EQ(piece.logprobs_size(), 2);
  EXPECT_EQ(buffer.Take().piece().text(), " upon");
  EXPECT_EQ(buffer.num_bytes(), 0u);
}

TEST(StreamBufferTest, IsFullAboveAndDrainedAtHalfOfAMark) {
  StreamBuffer::Limits limits;
  limits.high_tokens = 3;
  limits.high_bytes = 100;
  limits.max_message_bytes = 1;  // no joining
  StreamBuffer tokens(limits);
  for (uint32_t i = 0; i < 3; ++i) ASSERT_TRUE(tokens.PutPiece(Piece(i, {1}, "")));
  EXPECT_FALSE(tokens.full());
  ASSERT_TRUE(tokens.PutPiece(Piece(3, {1}, "")));
  EXPECT_TRUE(tokens.full());
  tokens.Take(), tokens.Take();
  EXPECT_FALSE(tokens.full());
  EXPECT_FALSE(tokens.drained());
  tokens.Take();
  EXPECT_TRUE(tokens.drained());

  StreamBuffer bytes(limits);
  PromptEvent prompt;
  prompt.text = std::string(51, 'p');
  ASSERT_TRUE(bytes.PutPrompt(prompt));
  ASSERT_TRUE(bytes.PutPiece(Piece(0, {}, std::string(50, 'x'))));
  EXPECT_TRUE(bytes.full());
  bytes.Take();
  EXPECT_TRUE(bytes.drained());
}

TEST(StreamBufferTest, RefusesAPieceBeyondItsLimits) {
  StreamBuffer::Limits limits;
  limits.max_tokens = 2;
  limits.max_bytes = 100;
  StreamBuffer tokens(limits);
  ASSERT_TRUE(tokens.PutPiece(Piece(0, {1, 2}, "")));
  EXPECT_FALSE(tokens.PutPiece(Piece(2, {3}, "")));
  tokens.Take();
  EXPECT_TRUE(tokens.PutPiece(Piece(2, {3}, "")));

  StreamBuffer bytes(limits);
  EXPECT_FALSE(bytes.PutPiece(Piece(0, {}, std::string(101, 'x'))));
  EXPECT_TRUE(bytes.PutPiece(Piece(0, {}, std::string(100, 'x'))));
  EXPECT_FALSE(bytes.PutPiece(Piece(0, {}, "x")));
  PromptEvent prompt;
  prompt.text = "x";
  EXPECT_FALSE(bytes.PutPrompt(prompt));
}

TEST(StreamBufferTest, ClearDropsEverything) {
  StreamBuffer buffer(StreamBuffer::Limits{});
  buffer.PutStarted({});
  ASSERT_TRUE(buffer.PutPiece(Piece(0, {1}, "a")));
  buffer.PutFinished({});
  buffer.Clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.num_tokens() + buffer.num_bytes(), 0u);
}

}  // namespace
}  // namespace baton
