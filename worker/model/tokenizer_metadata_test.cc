#include "worker/model/tokenizer_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/model/gguf_writer.h"
#include "worker/model/tiny_model.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::StatusOr<TokenizerMetadata> Read(const GgufWriter& writer) {
  const std::string bytes = writer.Serialize();
  auto file = GgufFile::Parse(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
      bytes.size(), "m.gguf");
  if (!file.ok()) return file.status();
  return TokenizerMetadataFromGguf(**file);
}

GgufWriter Minimal(const std::string& model) {
  GgufWriter writer;
  writer.AddString("tokenizer.ggml.model", model);
  writer.AddStringArray("tokenizer.ggml.tokens", {"a", "b\xff", ""});
  return writer;
}

void ExpectError(const GgufWriter& writer, absl::StatusCode code, const std::string& message) {
  const auto result = Read(writer);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), code);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr(message));
}

TEST(TokenizerMetadataTest, ReadsATinyModel) {
  const auto result = Read(MakeTinyModel({}));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->model, "gpt2");
  EXPECT_EQ(result->pre, "smollm");
  ASSERT_EQ(result->tokens.size(), 300u);
  EXPECT_EQ(result->tokens[1], "<|im_start|>");
  EXPECT_EQ(result->tokens[3], "!");
  EXPECT_EQ(result->token_types[1], 3);
  EXPECT_EQ(result->token_types[3], 1);
  EXPECT_EQ(result->merges.size(), 41u);
  EXPECT_EQ(result->bos_id, 1);
  EXPECT_EQ(result->eos_id, 2);
  EXPECT_EQ(result->unk_id, 0);
  EXPECT_EQ(result->pad_id, 2);
  EXPECT_FALSE(result->add_bos);
  EXPECT_EQ(result->chat_template, kChatMlTemplate);
}

TEST(TokenizerMetadataTest, DefaultsDependOnTheModel) {
  const auto bpe = Read(Minimal("gpt2"));
  ASSERT_TRUE(bpe.ok()) << bpe.status();
  EXPECT_THAT(bpe->tokens, ElementsAre("a", "b\xff", ""));
  EXPECT_THAT(bpe->token_types, ElementsAre(1, 1, 1));
  EXPECT_THAT(bpe->merges, IsEmpty());
  EXPECT_EQ(bpe->pre, "");
  EXPECT_EQ(bpe->chat_template, "");
  EXPECT_EQ(bpe->bos_id, -1);
  EXPECT_EQ(bpe->pad_id, -1);
  EXPECT_FALSE(bpe->add_bos || bpe->add_eos || bpe->add_space_prefix);
  const auto sentence_piece = Read(Minimal("llama"));
  ASSERT_TRUE(sentence_piece.ok());
  EXPECT_TRUE(sentence_piece->add_bos && sentence_piece->add_space_prefix);
  EXPECT_FALSE(sentence_piece->add_eos);
}

TEST(TokenizerMetadataTest, FlagsOverrideDefaults) {
  GgufWriter writer = Minimal("llama");
  writer.AddBool("tokenizer.ggml.add_bos_token", false);
  writer.AddBool("tokenizer.ggml.add_eos_token", true);
  writer.AddBool("tokenizer.ggml.add_space_prefix", false);
  const auto result = Read(writer);
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->add_bos);
  EXPECT_TRUE(result->add_eos);
  EXPECT_FALSE(result->add_space_prefix);
}

TEST(TokenizerMetadataTest, RefusesWhatDoesNotFit) {
  ExpectError(GgufWriter(), absl::StatusCode::kNotFound, "key 'tokenizer.ggml.model' is missing");
  GgufWriter empty;
  empty.AddString("tokenizer.ggml.model", "gpt2");
  empty.AddStringArray("tokenizer.ggml.tokens", {});
  ExpectError(empty, absl::StatusCode::kInvalidArgument,
              "key 'tokenizer.ggml.tokens': has 0 entries");
  GgufWriter id = Minimal("gpt2");
  id.AddUint32("tokenizer.ggml.padding_token_id", 3);
  ExpectError(id, absl::StatusCode::kInvalidArgument,
              "key 'tokenizer.ggml.padding_token_id': is 3, the vocabulary has 3");
  GgufWriter types = Minimal("gpt2");
  types.AddInt32Array("tokenizer.ggml.token_type", {1, 1});
  ExpectError(types, absl::StatusCode::kInvalidArgument,
              "has 2 entries, expected one for each of the 3");
  GgufWriter type = Minimal("gpt2");
  type.AddInt32Array("tokenizer.ggml.token_type", {1, 7, 1});
  ExpectError(type, absl::StatusCode::kInvalidArgument, "entry 1 is 7, expected 1 to 6");
  GgufWriter flag = Minimal("gpt2");
  flag.AddUint32("tokenizer.ggml.add_bos_token", 1);
  ExpectError(flag, absl::StatusCode::kInvalidArgument, "expected a bool, found uint32");
}

}  // namespace
}  // namespace baton
