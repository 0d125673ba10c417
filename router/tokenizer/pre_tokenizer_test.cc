#include "router/tokenizer/pre_tokenizer.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "router/tokenizer/utf8.h"

namespace baton {
namespace {

std::string Pieces(PreTokenizerKind kind, absl::string_view text) {
  std::vector<absl::string_view> pieces;
  PreTokenizer pre_tokenizer(kind, text);
  for (absl::string_view piece; pre_tokenizer.Next(&piece);) pieces.push_back(piece);
  return absl::StrJoin(pieces, "|");
}

std::string Gpt2(absl::string_view text) { return Pieces(PreTokenizerKind::kGpt2, text); }
std::string SmolLm(absl::string_view text) { return Pieces(PreTokenizerKind::kSmolLm, text); }

// Expected values here and below: the reference's pre_tokenize_str.
TEST(PreTokenizer, Words) {
  for (auto kind : {PreTokenizerKind::kGpt2, PreTokenizerKind::kSmolLm}) {
    EXPECT_EQ(Pieces(kind, ""), "");
    EXPECT_EQ(Pieces(kind, "Hello, world!"), "Hello|,| world|!");
    EXPECT_EQ(Pieces(kind, " a  b"), " a| | b");
    EXPECT_EQ(Pieces(kind, "na\u00efve \u4e2d\u6587"), "na\u00efve| \u4e2d\u6587");
    EXPECT_EQ(Pieces(kind, "e\u0301t\u00e9"), "e|\u0301|t\u00e9");
    EXPECT_EQ(Pieces(kind, "a_b->c"), "a|_|b|->|c");
  }
}

TEST(PreTokenizer, Contractions) {
  EXPECT_EQ(SmolLm("I'm we'll they've you're he'd it's don't"),
            "I|'m| we|'ll| they|'ve| you|'re| he|'d| it|'s| don|'t");
  EXPECT_EQ(SmolLm("'sting 'Sting 'lx 'r''s"), "'s|ting| '|Sting| '|lx| '|r|''|s");
  EXPECT_EQ(SmolLm("x'"), "x|'");
  EXPECT_EQ(SmolLm("'ll'v"), "'ll|'|v");
}

TEST(PreTokenizer, WhiteSpace) {
  EXPECT_EQ(SmolLm("a \n b\r\n\r\nc  "), "a| \n| b|\r\n\r|\n|c|  ");
  EXPECT_EQ(SmolLm("\t\tx"), "\t|\t|x");
  EXPECT_EQ(SmolLm("a\u00a0b\u3000\u3000c\u200bd"), "a|\u00a0|b|\u3000|\u3000|c|\u200b|d");
  EXPECT_EQ(SmolLm("   "), "   ");
  EXPECT_EQ(SmolLm(" \t!"), " |\t|!");
}

TEST(PreTokenizer, Numbers) {
  EXPECT_EQ(Gpt2("in 2024  12x\u00bd"), "in| 2024| | 12|x|\u00bd");
  EXPECT_EQ(SmolLm("in 2024  12x\u00bd"), "in| |2|0|2|4|  |1|2|x|\u00bd");
  EXPECT_EQ(SmolLm("\n\n7 \n8"), "\n\n|7| \n|8");
  EXPECT_EQ(SmolLm("'2s"), "'|2|s");
  EXPECT_EQ(SmolLm("\u0661\u0662 \u2167"), "\u0661|\u0662| |\u2167");
  // A number only in the newer Unicode: split off by the digits step, punctuation to the
  // expression.
  EXPECT_EQ(SmolLm("\U00011DE0\U00011DE1!"), "\U00011DE0|\U00011DE1|!");
  EXPECT_EQ(Gpt2("\U00011DE0\U00011DE1!1"), "\U00011DE0\U00011DE1!|1");
}

// Properties that hold for any text: nothing is lost, no piece is empty, no character is cut.
TEST(PreTokenizer, RandomTextsAreCutBetweenCharacters) {
  const std::vector<std::string> alphabet = {" ", " ", "\n",     "a",      "s",          "'",
                                             "1", ".", "\u00a0", "\u4e00", "\U0001F600", "\u0661"};
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (size_t n = random() % 12; n > 0; --n) text += alphabet[random() % alphabet.size()];
    for (auto kind : {PreTokenizerKind::kGpt2, PreTokenizerKind::kSmolLm}) {
      PreTokenizer pre_tokenizer(kind, text);
      std::string together;
      for (absl::string_view piece; pre_tokenizer.Next(&piece);) {
        ASSERT_FALSE(piece.empty());
        ASSERT_EQ(FindInvalidUtf8(piece), absl::string_view::npos);
        together.append(piece.data(), piece.size());
      }
      ASSERT_EQ(together, text);
    }
  }
}

}  // namespace
}  // namespace baton
