#include "router/engine/output_text.h"

#include "gtest/gtest.h"
#include "router/tokenizer/test_vocabulary.h"
#include "router/tokenizer/tokenizer.h"

namespace baton {
namespace {

class OutputTextTest : public ::testing::Test {
 protected:
  // Appends bytes one token each; the pieces as "[text/tokens@position]" after each, "-" where
  // nothing is sent.
  std::string Feed(OutputText& text, absl::string_view bytes) {
    std::string log;
    for (char c : bytes) {
      const auto stop = text.Append(kFirstByteToken + static_cast<uint8_t>(c), false, {});
      log += Describe(text.Take(stop.has_value()));
      if (stop.has_value()) log += "stop" + std::to_string(*stop);
    }
    return log;
  }
  static std::string Describe(const absl::optional<PieceEvent>& piece) {
    if (!piece.has_value()) return "-";
    return "[" + piece->text + "/" + std::to_string(piece->token_ids.size()) + "@" +
           std::to_string(piece->position) + "]";
  }
  std::unique_ptr<Tokenizer> tokenizer_ = *Tokenizer::Create(TestVocabulary());
};

TEST_F(OutputTextTest, SendsTokensWithExactlyTheirText) {
  OutputText text(tokenizer_.get(), {{}, false, 0, false});
  EXPECT_EQ(Feed(text, "ab"), "[a/1@0][b/1@1]");
}

TEST_F(OutputTextTest, HoldsTheTokensOfAnOpenCharacter) {
  OutputText text(tokenizer_.get(), {{}, false, 0, false});
  EXPECT_EQ(Feed(text, "x\xe2\x82\xac"), "[x/1@0]--[\xe2\x82\xac/3@1]");
}

TEST_F(OutputTextTest, FlushesAnOpenCharacterAtTheEnd) {
  OutputText text(tokenizer_.get(), {{}, false, 0, false});
  EXPECT_EQ(Feed(text, "\xe2\x82"), "--");
  EXPECT_EQ(Describe(text.Take(true)), "[\xef\xbf\xbd/2@0]");
  EXPECT_EQ(Describe(text.Take(true)), "-");
}

TEST_F(OutputTextTest, HoldsWhatMayBecomeAStopString) {
  OutputText text(tokenizer_.get(), {{"abc", "zz"}, false, 0, false});
  EXPECT_EQ(Feed(text, "xababc"), "[x/1@0]--[ab/2@1]-[/3@3]stop0");
}

TEST_F(OutputTextTest, ReleasesWhatDidNotBecomeAStopString) {
  OutputText text(tokenizer_.get(), {{"abc"}, false, 0, false});
  EXPECT_EQ(Feed(text, "abd"), "--[abd/3@0]");
}

TEST_F(OutputTextTest, CutsTheTextAtTheStopString) {
  OutputText text(tokenizer_.get(), {{"lo", "hell"}, false, 0, false});
  EXPECT_EQ(Feed(text, "ohell"), "[o/1@0]---[/4@1]stop1");
}

TEST_F(OutputTextTest, HiddenTokensHaveNoText) {
  OutputText text(tokenizer_.get(), {{}, false, 0, true});
  PieceEvent::Logprobs logprobs;
  logprobs.logprob = -1.5f;
  EXPECT_FALSE(text.Append(kFirstByteToken + 'q', /*hidden=*/true, logprobs).has_value());
  const absl::optional<PieceEvent> piece = text.Take(true);
  EXPECT_EQ(Describe(piece), "[/1@0]");
  EXPECT_EQ(piece->logprobs[0].logprob, -1.5f);
}

}  // namespace
}  // namespace baton
