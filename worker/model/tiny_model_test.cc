#include "worker/model/tiny_model.h"

#include <gtest/gtest.h>

#include <set>

#include "worker/model/gguf_file.h"
#include "worker/model/model_config.h"
#include "worker/model/tokenizer_metadata.h"

namespace baton {
namespace {

TEST(TinyModelTest, TheSeedDecidesTheBytes) {
  TinyModelOptions options;
  const std::string one = MakeTinyModel(options).Serialize();
  EXPECT_EQ(MakeTinyModel(options).Serialize(), one);
  options.seed = 2;
  EXPECT_NE(MakeTinyModel(options).Serialize(), one);
}

// Golden values rest on these bytes: they must not depend on compiler, libc or machine.
TEST(TinyModelTest, TheBytesArePinned) {
  const std::string path = ::testing::TempDir() + "/pinned.gguf";
  TinyModelOptions options;
  options.attention_type = GgmlType::kQ4_1;
  options.ffn_type = GgmlType::kQ8_0;
  ASSERT_TRUE(WriteTinyModel(path, options).ok());
  auto file = GgufFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*(*file)->Digest(), "c14c8914514e47f4f75afdf96193140a92e3ee8410bed8e981430ec821e5f963");
}

TEST(TinyModelTest, TheVocabularyIsComplete) {
  const std::string path = ::testing::TempDir() + "/vocab.gguf";
  TinyModelOptions options;
  options.vocab = 320;
  ASSERT_TRUE(WriteTinyModel(path, options).ok());
  auto file = GgufFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(ModelConfigFromGguf(**file).ok());
  const auto tokenizer = TokenizerMetadataFromGguf(**file);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  const std::set<std::string> tokens(tokenizer->tokens.begin(), tokenizer->tokens.end());
  EXPECT_EQ(tokens.size(), 320u);
  // Each merge joins two tokens into the next one: parts come before what they make.
  std::set<std::string> known(tokenizer->tokens.begin(), tokenizer->tokens.begin() + 3 + 256);
  for (size_t i = 0; i < tokenizer->merges.size(); ++i) {
    const std::string& merge = tokenizer->merges[i];
    const size_t space = merge.find(' ');
    ASSERT_NE(space, std::string::npos);
    const std::string left = merge.substr(0, space);
    const std::string right = merge.substr(space + 1);
    EXPECT_EQ(known.count(left), 1u) << merge;
    EXPECT_EQ(known.count(right), 1u) << merge;
    EXPECT_EQ(tokenizer->tokens[3 + 256 + i], left + right);
    known.insert(left + right);
  }
  EXPECT_EQ(tokenizer->token_types[319], 5);
}

}  // namespace
}  // namespace baton
