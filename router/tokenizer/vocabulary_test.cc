#include "router/tokenizer/vocabulary.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using testing::HasSubstr;

TEST(Vocabulary, TextBytesAndBack) {
  absl::StatusOr<Vocabulary> created = Vocabulary::Create(
      {"\u0120a", "<|\u00e9|>", "", "a b", "\u00e9", "x\xFF"},
      {kTokenNormal, kTokenControl, kTokenControl, kTokenUserDefined, kTokenUnused, kTokenNormal});
  ASSERT_TRUE(created.ok()) << created.status();
  const Vocabulary vocabulary = *std::move(created);
  EXPECT_EQ(vocabulary.size(), 6);
  EXPECT_EQ(vocabulary.Text(0), "\u0120a");
  EXPECT_EQ(vocabulary.Bytes(0), " a");
  EXPECT_EQ(vocabulary.Bytes(1), "<|\u00e9|>");  // control tokens are literal
  EXPECT_EQ(vocabulary.Bytes(2), "");
  EXPECT_EQ(vocabulary.Bytes(3), "a b");
  EXPECT_EQ(vocabulary.Bytes(4), "\xE9");
  EXPECT_EQ(vocabulary.Bytes(5), "x\xFF");
  EXPECT_EQ(vocabulary.Find("\u0120a"), 0);
  EXPECT_EQ(vocabulary.Find(" a"), -1);
  EXPECT_EQ(vocabulary.Type(4), kTokenUnused);
  EXPECT_TRUE(vocabulary.Contains(5));
  EXPECT_FALSE(vocabulary.Contains(6));
  EXPECT_FALSE(vocabulary.Contains(-1));
}

TEST(Vocabulary, TheLastOfEqualTokensIsFound) {
  absl::StatusOr<Vocabulary> vocabulary = Vocabulary::Create({"a", "b", "a"}, {1, 1, 1});
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.status();
  EXPECT_EQ(vocabulary->Find("a"), 2);
  EXPECT_EQ(vocabulary->Bytes(0), "a");
}

TEST(Vocabulary, ErrorsNameTheKey) {
  const struct {
    std::vector<std::string> tokens;
    std::vector<int32_t> types;
    const char* expected;
  } cases[] = {
      {{}, {}, "tokenizer.ggml.tokens: 0 tokens"},
      {{"a", "b"}, {1}, "tokenizer.ggml.token_type: 1 types, expected one for each of the 2"},
      {{"a", "b"}, {1, 0}, "tokenizer.ggml.token_type[1]: 0, expected 1 to 6"},
      {{"a", "b"}, {7, 1}, "tokenizer.ggml.token_type[0]: 7, expected 1 to 6"},
      {{"a", "\xC3"}, {1, 3}, "tokenizer.ggml.tokens[1]: a token of type 3 must be UTF-8"},
  };
  for (const auto& c : cases) {
    const auto result = Vocabulary::Create(c.tokens, c.types);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(result.status().message()), HasSubstr(c.expected));
  }
}

}  // namespace
}  // namespace baton
