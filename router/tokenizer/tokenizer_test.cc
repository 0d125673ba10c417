#include "router/tokenizer/tokenizer.h"

#include <algorithm>
#include <functional>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "router/tokenizer/test_vocabulary.h"

namespace baton {
namespace {

using testing::HasSubstr;
using Ids = std::vector<int32_t>;

constexpr int32_t kEnd = 0, kStart = 1, kTab = 2;

int32_t Byte(char byte) { return kFirstByteToken + static_cast<unsigned char>(byte); }
int32_t Merged(int32_t rank) { return kFirstMergedToken + rank; }

std::unique_ptr<Tokenizer> Make(const TokenizerSpec& spec) {
  auto tokenizer = Tokenizer::Create(spec);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  return *std::move(tokenizer);
}

class TokenizerTest : public testing::Test {
 protected:
  Ids Encode(absl::string_view text, EncodeOptions options = {}) {
    Ids ids = {-7};  // must be replaced
    const absl::Status status = tokenizer_->Encode(text, options, &ids);
    EXPECT_TRUE(status.ok()) << status;
    return ids;
  }
  Ids EncodeSpecial(absl::string_view text) { return Encode(text, {.parse_special = true}); }
  Ids EncodeSegments(const std::vector<TextSegment>& segments) {
    Ids ids = {-7};
    const absl::Status status = tokenizer_->EncodeSegments(segments, &ids);
    EXPECT_TRUE(status.ok()) << status;
    return ids;
  }

  std::unique_ptr<Tokenizer> tokenizer_ = Make(TestVocabulary());
};

TEST_F(TokenizerTest, MergesInsidePiecesOnly) {
  EXPECT_EQ(Encode(""), Ids{});
  EXPECT_EQ(Encode("the the"), (Ids{Merged(1), Merged(2)}));
  EXPECT_EQ(Encode("then"), (Ids{Merged(1), Byte('n')}));
  EXPECT_EQ(Encode("ababab"), (Ids{Merged(6), Merged(5)}));
  EXPECT_EQ(Encode("12"), (Ids{Byte('1'), Byte('2')}));
  EXPECT_EQ(Encode("  7"), (Ids{Merged(3), Byte('7')}));
  EXPECT_EQ(Encode("  a"), (Ids{Byte(' '), Byte(' '), Byte('a')}));
  EXPECT_EQ(Encode("\u00e9"), (Ids{Merged(9)}));
}

TEST_F(TokenizerTest, Gpt2PreTokenizerKeepsNumbersTogether) {
  TokenizerSpec spec = TestVocabulary();
  spec.pre = "gpt-2";
  tokenizer_ = Make(spec);
  EXPECT_EQ(Encode("12"), (Ids{Merged(8)}));
}

TEST_F(TokenizerTest, ControlTokensOnlyWhereAskedFor) {
  EXPECT_EQ(EncodeSpecial("<|start|>the<|end|>"), (Ids{kStart, Merged(1), kEnd}));
  const Ids plain = Encode("<|end|>");
  EXPECT_EQ(plain, (Ids{Byte('<'), Byte('|'), Merged(7), Byte('d'), Merged(10)}));
  EXPECT_EQ(EncodeSpecial("<|end|"), (Ids{Byte('<'), Byte('|'), Merged(7), Byte('d'), Byte('|')}));
  EXPECT_EQ(EncodeSpecial("<<|end|>"), (Ids{Byte('<'), kEnd}));
}

TEST_F(TokenizerTest, UserDefinedTokensAlways) {
  EXPECT_EQ(Encode("a<tab>b"), (Ids{Byte('a'), kTab, Byte('b')}));
  EXPECT_EQ(EncodeSpecial("a<tab>b"), (Ids{Byte('a'), kTab, Byte('b')}));
}

TEST_F(TokenizerTest, SegmentsKeepUserTextOrdinary) {
  EXPECT_EQ(EncodeSegments({{"<|start|>", true}, {"<|end|>", false}, {"<|end|>", true}}),
            (Ids{kStart, Byte('<'), Byte('|'), Merged(7), Byte('d'), Merged(10), kEnd}));
  // A control token may not be completed by the other author, from either side.
  const Ids ordinary = Encode("<|end|>");
  EXPECT_EQ(EncodeSegments({{"<|en", true}, {"d|>", false}}), ordinary);
  EXPECT_EQ(EncodeSegments({{"<|en", false}, {"d|>", true}}), ordinary);
  EXPECT_EQ(EncodeSegments({{"<|", true}, {"en", false}, {"d|>", true}}), ordinary);
  // The same author may.
  EXPECT_EQ(EncodeSegments({{"<|en", true}, {"", false}, {"d|>", true}}), ordinary);
  EXPECT_EQ(EncodeSegments({{"<|en", true}, {"d|>", true}}), Ids{kEnd});
  // Nothing of ours is recognised inside the user's, but a user-defined token may cross the border.
  EXPECT_EQ(EncodeSegments({{"<t", false}, {"ab>", true}}), Ids{kTab});
  EXPECT_EQ(EncodeSegments({}), Ids{});
}

TEST_F(TokenizerTest, OrdinaryTextIsTokenisedAcrossSegments) {
  EXPECT_EQ(EncodeSegments({{" t", false}, {"he", true}}), Ids{Merged(2)});
  EXPECT_EQ(EncodeSegments({{"a ", true}, {" ", false}, {"9", true}}),
            (Ids{Byte('a'), Merged(3), Byte('9')}));
}

// However a text is cut, the result is that of the whole, if all of it has one author.
TEST_F(TokenizerTest, SegmentsEqualTheConcatenation) {
  const std::vector<std::string> words = {"the", " ", "<|end|>", "<",     "|>",         "\u00e9",
                                          "\n",  "1", "ab",      "<tab>", "\U0001F600", "'s"};
  std::mt19937 random(3);
  for (int i = 0; i < 3000; ++i) {
    const bool parse_special = random() % 2 == 0;
    std::vector<TextSegment> segments;
    std::string text;
    for (size_t n = random() % 10; n > 0; --n) {
      segments.push_back({words[random() % words.size()], parse_special});
      absl::StrAppend(&text, segments.back().text);
    }
    const Ids ids = EncodeSegments(segments);
    ASSERT_EQ(ids, Encode(text, {.parse_special = parse_special})) << text;
    ASSERT_EQ(*tokenizer_->Decode(ids, /*skip_special=*/false), text);
  }
}

TEST_F(TokenizerTest, AddSpecial) {
  TokenizerSpec spec = TestVocabulary();
  spec.add_bos = true;
  spec.add_eos = true;
  tokenizer_ = Make(spec);
  EXPECT_EQ(Encode("the"), Ids{Merged(1)});
  EXPECT_EQ(Encode("the", {.add_special = true}), (Ids{kStart, Merged(1), kEnd}));
  EXPECT_EQ(Encode("", {.add_special = true}), (Ids{kStart, kEnd}));
  EXPECT_EQ(tokenizer_->bos_id(), kStart);
  EXPECT_EQ(tokenizer_->eos_id(), kEnd);
  EXPECT_EQ(tokenizer_->padding_id(), -1);
}

TEST_F(TokenizerTest, InvalidTextIsRefused) {
  Ids ids;
  absl::Status status = tokenizer_->Encode("ab\xFFz", {}, &ids);
  EXPECT_EQ(status, absl::InvalidArgumentError("invalid UTF-8 at byte offset 2"));
  status = tokenizer_->EncodeSegments({{"\xC3", true}, {"\xA9", true}}, &ids);
  EXPECT_EQ(status, absl::InvalidArgumentError("segment 0: invalid UTF-8 at byte offset 0"));
  status = tokenizer_->Encode(std::string(Tokenizer::kMaxTextBytes + 1, 'a'), {}, &ids);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("expected at most 67108864"));
  const std::string half(Tokenizer::kMaxTextBytes / 2 + 1, 'a');
  status = tokenizer_->EncodeSegments({{half, true}, {half, false}}, &ids);
  EXPECT_THAT(std::string(status.message()), HasSubstr("segments 0 to 1 have 67108866 bytes"));
}

TEST_F(TokenizerTest, Decode) {
  EXPECT_EQ(*tokenizer_->Decode({kStart, Merged(2), kEnd}, false), "<|start|> the<|end|>");
  EXPECT_EQ(*tokenizer_->Decode({kStart, Merged(2), kTab, kEnd}, true), " the<tab>");
  EXPECT_EQ(*tokenizer_->Decode({Merged(4), Byte('a'), Byte('\xC3')}, false), "\uFFFDa\uFFFD");
  EXPECT_EQ(*tokenizer_->Decode({}, false), "");
  EXPECT_EQ(tokenizer_->Decode({0, 271}, false).status(),
            absl::InvalidArgumentError(
                "token id 271 at index 1 is outside the vocabulary of 271 tokens"));
  EXPECT_EQ(tokenizer_->Decode({-1}, false).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(TokenizerTest, Lookups) {
  EXPECT_EQ(tokenizer_->vocab_size(), 271);
  EXPECT_EQ(tokenizer_->TokenBytes(Merged(2)), " the");
  EXPECT_EQ(tokenizer_->TokenBytes(kEnd), "<|end|>");
  EXPECT_EQ(tokenizer_->TokenBytes(-1), "");
  EXPECT_EQ(tokenizer_->TokenBytes(271), "");
  EXPECT_TRUE(tokenizer_->IsSpecial(kEnd));
  EXPECT_FALSE(tokenizer_->IsSpecial(kTab));
  EXPECT_FALSE(tokenizer_->IsSpecial(271));
  EXPECT_EQ(tokenizer_->FindToken("<|end|>"), kEnd);
  EXPECT_EQ(tokenizer_->FindToken("\u0120the"), Merged(2));
  EXPECT_EQ(tokenizer_->FindToken("nothing"), -1);
}

// As the reference does: the byte disappears, and what stood around it may merge.
TEST_F(TokenizerTest, AByteWithoutTokenIsLeftOut) {
  TokenizerSpec spec = TestVocabulary();
  spec.tokens[Byte('\x04')] = "gone";
  tokenizer_ = Make(spec);
  EXPECT_FALSE(tokenizer_->HasByte(4));
  EXPECT_TRUE(tokenizer_->HasByte(5));
  EXPECT_EQ(Encode("\x04"), Ids{});
  EXPECT_EQ(Encode("<\x04|"), (Ids{Byte('<'), Byte('|')}));
  EXPECT_EQ(Encode("|\x04>"), Ids{Merged(10)});
}

// A token that merging never produces from its own bytes must not be produced by the short cut for
// whole words.
TEST_F(TokenizerTest, UnreachableTokensAreNotUsed) {
  TokenizerSpec spec = TestVocabulary();
  spec.tokens.push_back("zz");
  spec.tokens.push_back("then");  // reachable by name only: "en" has no merge with "th"
  spec.token_types.resize(spec.tokens.size(), kTokenNormal);
  tokenizer_ = Make(spec);
  EXPECT_EQ(Encode("zz"), (Ids{Byte('z'), Byte('z')}));
  EXPECT_EQ(Encode("then"), (Ids{Merged(1), Byte('n')}));
}

TEST_F(TokenizerTest, ThreadsShareOne) {
  const Ids expected = Encode("the ababab 12 <tab>");
  std::vector<std::thread> threads;
  std::array<Ids, 4> results;
  for (Ids& result : results) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        tokenizer_->Encode("the ababab 12 <tab>", {}, &result).IgnoreError();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Ids& result : results) EXPECT_EQ(result, expected);
}

TEST(TokenizerCreate, ErrorsNameTheKey) {
  using absl::StatusCode;
  const struct {
    std::function<void(TokenizerSpec*)> damage;
    StatusCode code;
    const char* expected;
  } cases[] = {
      {[](auto* s) { s->model = "llama"; }, StatusCode::kUnimplemented,
       "tokenizer.ggml.model: \"llama\" is not supported, only \"gpt2\" is"},
      {[](auto* s) { s->pre = "qwen2"; }, StatusCode::kUnimplemented,
       "tokenizer.ggml.pre: \"qwen2\" is not supported, only \"smollm\" and \"gpt-2\" are"},
      {[](auto* s) { s->pre = ""; }, StatusCode::kUnimplemented, "tokenizer.ggml.pre: \"\" is not"},
      {[](auto* s) { s->add_space_prefix = true; }, StatusCode::kUnimplemented,
       "tokenizer.ggml.add_space_prefix: true"},
      {[](auto* s) {
         *s = {s->model, s->pre, {}, {}, {}};
       },
       StatusCode::kInvalidArgument, "tokenizer.ggml.tokens: 0 tokens"},
      {[](auto* s) { s->token_types.pop_back(); }, StatusCode::kInvalidArgument,
       "tokenizer.ggml.token_type: 270 types"},
      {[](auto* s) { s->bos_id = 271; }, StatusCode::kInvalidArgument,
       "tokenizer.ggml.bos_token_id: 271 is outside the vocabulary of 271"},
      {[](auto* s) { s->eos_id = -2; }, StatusCode::kInvalidArgument,
       "tokenizer.ggml.eos_token_id: -2 is outside"},
      {[](auto* s) { s->unknown_id = 9999; }, StatusCode::kInvalidArgument,
       "tokenizer.ggml.unknown_token_id: 9999"},
      {[](auto* s) { s->padding_id = 9999; }, StatusCode::kInvalidArgument,
       "tokenizer.ggml.padding_token_id: 9999"},
      {[](auto* s) { s->add_bos = true, s->bos_id = -1; }, StatusCode::kInvalidArgument,
       "tokenizer.ggml.add_bos_token is true, but there is no"},
      {[](auto* s) { s->add_eos = true, s->eos_id = -1; }, StatusCode::kInvalidArgument,
       "tokenizer.ggml.add_eos_token is true, but there is no"},
      {[](auto* s) { s->tokens[Byte('q')] = "gone"; }, StatusCode::kInvalidArgument,
       "tokenizer.ggml.tokens: no ordinary token \"q\" for byte 113"},
      {[](auto* s) { s->token_types[Byte(' ')] = kTokenControl; }, StatusCode::kInvalidArgument,
       "for byte 32"},
      {[](auto* s) { s->merges[5] = "ab"; }, StatusCode::kInvalidArgument,
       "tokenizer.ggml.merges[5]: \"ab\": expected two tokens with one space"},
      {[](auto* s) { s->merges[0] = "a b c"; }, StatusCode::kInvalidArgument, "one space"},
      {[](auto* s) { s->merges[0] = " ab"; }, StatusCode::kInvalidArgument, "one space"},
      {[](auto* s) { s->merges[0] = "ab "; }, StatusCode::kInvalidArgument, "one space"},
      {[](auto* s) { s->merges[0] = ""; }, StatusCode::kInvalidArgument, "one space"},
      {[](auto* s) { s->merges[1] = "tx e"; }, StatusCode::kInvalidArgument,
       "tokenizer.ggml.merges[1]: \"tx e\": no token \"tx\""},
      {[](auto* s) { s->merges[1] = "t ex"; }, StatusCode::kInvalidArgument, "no token \"ex\""},
      {[](auto* s) { s->merges[1] = "t e"; }, StatusCode::kInvalidArgument, "no token \"te\""},
      {[](auto* s) { s->token_types[Merged(2)] = kTokenControl; }, StatusCode::kInvalidArgument,
       "tokenizer.ggml.merges[2]: \"\u0120 the\": \"\u0120the\" is a control token"},
      {[](auto* s) { s->token_types[Merged(2)] = kTokenUserDefined; }, StatusCode::kInvalidArgument,
       "does not spell the bytes of its parts"},
      {[](auto* s) { s->merges.push_back(std::string(100, 'a')); }, StatusCode::kInvalidArgument,
       "aaaa...\": expected two tokens"},
  };
  for (const auto& c : cases) {
    TokenizerSpec spec = TestVocabulary();
    c.damage(&spec);
    const auto result = Tokenizer::Create(spec);
    EXPECT_EQ(result.status().code(), c.code) << c.expected;
    EXPECT_THAT(std::string(result.status().message()), HasSubstr(c.expected));
  }
}

TEST(TokenizerCreate, DuplicatesAreHarmless) {
  TokenizerSpec spec = TestVocabulary();
  spec.merges.push_back(spec.merges[0]);
  spec.tokens.insert(spec.tokens.end(), {"a", "<|end|>", "", "\xFF\xFE"});
  spec.token_types.insert(spec.token_types.end(),
                          {kTokenNormal, kTokenControl, kTokenControl, kTokenNormal});
  const auto tokenizer = Make(spec);
  Ids ids;
  ASSERT_TRUE(tokenizer->Encode("a<|end|>", {.parse_special = true}, &ids).ok());
  EXPECT_EQ(ids, (Ids{271, 272}));
}

// Random damage: an error or a tokenizer that works, never a crash.
TEST(TokenizerCreate, SurvivesRandomDamage) {
  std::mt19937 random(11);
  int num_accepted = 0;
  for (int i = 0; i < 3000; ++i) {
    TokenizerSpec spec = TestVocabulary();
    for (size_t n = 1 + random() % 2; n > 0; --n) {
      const size_t at = random() % spec.tokens.size();
      const size_t merge = random() % spec.merges.size();
      switch (random() % 6) {
        case 0:
          spec.tokens[at] = spec.tokens[random() % spec.tokens.size()];
          break;
        case 1:
          spec.tokens[at].resize(random() % 4, static_cast<char>(random()));
          break;
        case 2:
          spec.token_types[at] = static_cast<int32_t>(random() % 8);
          break;
        case 3:
          std::swap(spec.merges[merge], spec.merges[random() % spec.merges.size()]);
          break;
        case 4:
          spec.merges[merge].resize(random() % 6, static_cast<char>(random()));
          break;
        default:
          spec.eos_id = static_cast<int32_t>(random() % 300) - 2;
      }
    }
    const auto tokenizer = Tokenizer::Create(spec);
    if (!tokenizer.ok()) continue;
    ++num_accepted;
    Ids ids;
    ASSERT_TRUE((*tokenizer)->Encode("the <|end|> 12\u00e9", {.parse_special = true}, &ids).ok());
    ASSERT_TRUE((*tokenizer)->Decode(ids, false).ok());
  }
  EXPECT_GT(num_accepted, 300);
  EXPECT_LT(num_accepted, 2700);
}

}  // namespace
}  // namespace baton
