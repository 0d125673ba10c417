#include "router/tokenizer/incremental_decoder.h"

#include <random>

#include "gtest/gtest.h"
#include "router/tokenizer/test_vocabulary.h"
#include "router/tokenizer/utf8.h"

namespace baton {
namespace {

class IncrementalDecoderTest : public testing::Test {
 protected:
  static int32_t Byte(int byte) { return kFirstByteToken + byte; }

  std::unique_ptr<Tokenizer> tokenizer_ = *Tokenizer::Create(TestVocabulary());
  IncrementalDecoder decoder_ = IncrementalDecoder(tokenizer_.get(), /*skip_special=*/true);
};

TEST_F(IncrementalDecoderTest, HoldsBackHalfACharacter) {
  EXPECT_EQ(decoder_.Append(Byte('a')), "a");
  EXPECT_EQ(decoder_.Append(kFirstMergedToken + 4), "");  // F0 9F
  EXPECT_EQ(decoder_.Append(Byte(0x98)), "");
  EXPECT_EQ(decoder_.num_pending_bytes(), 3u);
  EXPECT_EQ(decoder_.Append(Byte(0x80)), "\U0001F600");
  EXPECT_EQ(decoder_.num_pending_bytes(), 0u);
  EXPECT_EQ(decoder_.Flush(), "");
}

TEST_F(IncrementalDecoderTest, GivesUpOnBytesAsSoonAsTheyAreHopeless) {
  EXPECT_EQ(decoder_.Append(Byte(0x80)), "\uFFFD");
  EXPECT_EQ(decoder_.Append(Byte(0xE2)), "");
  EXPECT_EQ(decoder_.Append(Byte(0x82)), "");
  EXPECT_EQ(decoder_.Append(Byte('x')), "\uFFFDx");  // one for the maximal subpart E2 82
  EXPECT_EQ(decoder_.Append(Byte(0xF0)), "");
  EXPECT_EQ(decoder_.Append(Byte(0x80)), "\uFFFD\uFFFD");  // F0 80 can never be valid
}

TEST_F(IncrementalDecoderTest, FlushGivesOneReplacement) {
  EXPECT_EQ(decoder_.Append(kFirstMergedToken + 4), "");
  EXPECT_EQ(decoder_.Flush(), "\uFFFD");
  EXPECT_EQ(decoder_.Flush(), "");
  EXPECT_EQ(decoder_.Append(Byte('a')), "a");
}

TEST_F(IncrementalDecoderTest, SkipsControlTokensOnlyIfAsked) {
  EXPECT_EQ(decoder_.Append(0), "");
  EXPECT_EQ(decoder_.Append(2), "<tab>");
  EXPECT_EQ(decoder_.Append(Byte(0xC3)), "");
  EXPECT_EQ(decoder_.Append(1), "");  // adds no bytes, so the character goes on
  EXPECT_EQ(decoder_.Append(Byte(0xA9)), "\u00e9");
  IncrementalDecoder all(tokenizer_.get(), /*skip_special=*/false);
  EXPECT_EQ(all.Append(Byte(0xC3)), "");
  EXPECT_EQ(all.Append(0), "\uFFFD<|end|>");
  EXPECT_EQ(all.Append(-1), "");
  EXPECT_EQ(all.Append(1 << 30), "");
}

// Random bytes, biased towards those that make UTF-8 interesting: the pieces add up to the decoding
// of the whole.
TEST_F(IncrementalDecoderTest, PiecesAddUpToTheWhole) {
  const int bytes[] = {'a',  0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2,
                       0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF};
  std::mt19937 random(5);
  for (int i = 0; i < 20000; ++i) {
    std::vector<int32_t> ids;
    for (size_t n = random() % 9; n > 0; --n) {
      ids.push_back(random() % 8 == 0 ? static_cast<int32_t>(random() % 271)
                                      : Byte(bytes[random() % std::size(bytes)]));
    }
    std::string text;
    for (const int32_t id : ids) {
      const std::string piece = decoder_.Append(id);
      ASSERT_EQ(FindInvalidUtf8(piece), absl::string_view::npos);
      ASSERT_LE(decoder_.num_pending_bytes(), 3u);
      text += piece;
    }
    text += decoder_.Flush();
    ASSERT_EQ(text, *tokenizer_->Decode(ids, /*skip_special=*/true));
  }
}

}  // namespace
}  // namespace baton
