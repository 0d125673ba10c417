#include "router/api/stream_buffer.h"

#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::ElementsAre;

PieceEvent Piece(uint32_t position, std::vector<int32_t> tokens, const std::string& text) {
  PieceEvent piece;
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
