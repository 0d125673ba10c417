#include "worker/model/model_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "worker/model/gguf_writer.h"
#include "worker/model/tiny_model.h"
#include "worker/model/tokenizer_metadata.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<std::unique_ptr<GgufFile>> ParseFile(const std::string& bytes) {
  return GgufFile::Parse(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
      bytes.size(), "m.gguf");
}

absl::StatusOr<ModelConfig> Config(const GgufWriter& writer) {
  auto file = ParseFile(writer.Serialize());
  if (!file.ok()) return file.status();
  return ModelConfigFromGguf(**file);
}

TEST(ModelConfigTest, ReadsATinyModel) {
  TinyModelOptions options;
  options.layers = 3;
  options.rope_base = 5000.0f;
  options.head_dim = 20;
  const auto config = Config(MakeTinyModel(options));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->architecture, "llama");
  EXPECT_EQ(config->name, "tiny random 1");
  EXPECT_EQ(config->num_layers, 3);
  EXPECT_EQ(config->hidden_size, 64);
  EXPECT_EQ(config->num_heads, 4);
  EXPECT_EQ(config->num_kv_heads, 2);
  EXPECT_EQ(config->head_dim, 20);
  EXPECT_EQ(config->ffn_size, 96);
  EXPECT_EQ(config->vocab_size, 300);
  EXPECT_EQ(config->context_length, 256);
  EXPECT_EQ(config->norm_epsilon, 1e-5f);
  EXPECT_EQ(config->rope_base, 5000.0f);
  EXPECT_EQ(config->rope_dim, 20);
  EXPECT_EQ(config->rope_scale, 1.0f);
  EXPECT_TRUE(config->tied_embeddings);
  EXPECT_TRUE(config->interleaved_rope);
  EXPECT_THAT(config->eos_ids, ElementsAre(2));
}

TEST(ModelConfigTest, ReadsTheVariants) {
  TinyModelOptions options;
  options.tied = false;
  options.rope_scale = 4.0f;
  options.embedding_type = GgmlType::kQ8_0;
  options.attention_type = GgmlType::kQ4_1;
  options.ffn_type = GgmlType::kBF16;
  GgufWriter writer = MakeTinyModel(options);
  writer.AddUint32("tokenizer.ggml.eot_token_id", 0);
  writer.AddUint32("tokenizer.ggml.eom_token_id", 2);
  const auto config = Config(writer);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_FALSE(config->tied_embeddings);
  EXPECT_EQ(config->rope_scale, 4.0f);
  EXPECT_THAT(config->eos_ids, ElementsAre(0, 2));
}

// A file with every required key and no tensors: enough for what is checked before the tensors are.
struct Keys {
  std::string architecture = "llama";
  uint32_t layers = 1, hidden = 64, heads = 4, kv_heads = 2, ffn = 64, context = 64;
  float epsilon = 1e-5f;
};
GgufWriter Writer(const Keys& keys) {
  GgufWriter writer;
  writer.AddString("general.architecture", keys.architecture);
  writer.AddUint32("llama.block_count", keys.layers);
  writer.AddUint32("llama.embedding_length", keys.hidden);
  writer.AddUint32("llama.attention.head_count", keys.heads);
  writer.AddUint32("llama.attention.head_count_kv", keys.kv_heads);
  writer.AddUint32("llama.feed_forward_length", keys.ffn);
  writer.AddUint32("llama.context_length", keys.context);
  writer.AddFloat32("llama.attention.layer_norm_rms_epsilon", keys.epsilon);
  return writer;
}

struct BadCase {
  const char* name;
  absl::StatusCode code;
  const char* message;
  std::function<GgufWriter()> make;
};

// The tiny model with something added.
std::function<GgufWriter()> With(std::function<void(GgufWriter*)> add) {
  return [add] {
    GgufWriter writer = MakeTinyModel({});
    add(&writer);
    return writer;
  };
}

std::function<GgufWriter()> WithKeys(std::function<void(Keys*)> change) {
  return [change] {
    Keys keys;
    change(&keys);
    return Writer(keys);
  };
}

class ModelConfigBadTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(ModelConfigBadTest, IsRefused) {
  const auto config = Config(GetParam().make());
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.status().code(), GetParam().code) << config.status();
  EXPECT_THAT(std::string(config.status().message()), HasSubstr(GetParam().message));
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("m.gguf: "));
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kUnimplemented = absl::StatusCode::kUnimplemented;

const BadCase kBadCases[] = {
    {"NoArchitecture", kNotFound, "key 'general.architecture' is missing",
     [] { return GgufWriter(); }},
    {"Architecture", kUnimplemented, "is 'qwen2', supported is 'llama'",
     WithKeys([](Keys* k) { k->architecture = "qwen2"; })},
    {"NoLayers", kInvalid, "key 'llama.block_count': is 0, expected 1 to 1024",
     WithKeys([](Keys* k) { k->layers = 0; })},
    {"Layers", kInvalid, "is 1025", WithKeys([](Keys* k) { k->layers = 1025; })},
    {"Hidden", kInvalid, "is 65537", WithKeys([](Keys* k) { k->hidden = 65537; })},
    {"KvHeads", kInvalid, "is 4, expected a multiple of the 3 KV heads",
     WithKeys([](Keys* k) { k->kv_heads = 3; })},
    {"MoreKvHeads", kInvalid, "a multiple of the 8 KV heads",
     WithKeys([](Keys* k) { k->kv_heads = 8; })},
    {"HeadsDivide", kInvalid, "expected a divisor of the hidden size 66",
     WithKeys([](Keys* k) { k->hidden = 66; })},
    {"OddHeadDim", kInvalid, "heads have 17 dimensions, expected an even number",
     WithKeys([](Keys* k) { k->hidden = 68; })},
    {"HeadDim", kInvalid, "heads have 1024 dimensions",
     WithKeys([](Keys* k) { k->hidden = 4096; })},
    {"Epsilon", kInvalid, "is 0, expected above 0", WithKeys([](Keys* k) { k->epsilon = 0; })},
    {"EpsilonNan", kInvalid, "is nan, expected above 0",
     WithKeys([](Keys* k) { k->epsilon = std::numeric_limits<float>::quiet_NaN(); })},
    {"NoTensors", kNotFound, "tensor 'token_embd.weight' is missing", WithKeys([](Keys*) {})},
    {"ValueLength", kUnimplemented, "is 8, supported is the key length 16",
     [] {
       GgufWriter writer = Writer({});
       writer.AddUint32("llama.attention.value_length", 8);
       return writer;
     }},
    {"RopeDim", kInvalid, "key 'llama.rope.dimension_count': is 18, expected 1 to 16",
     [] {
       GgufWriter writer = Writer({});
       writer.AddUint32("llama.rope.dimension_count", 18);
       return writer;
     }},
    {"RopeBaseInf", kInvalid, "key 'llama.rope.freq_base': is inf",
     [] {
       GgufWriter writer = Writer({});
       writer.AddFloat32("llama.rope.freq_base", std::numeric_limits<float>::infinity());
       return writer;
     }},
    {"WrongKeyType", kInvalid, "key 'llama.rope.freq_base': expected a float, found uint32",
     [] {
       GgufWriter writer = Writer({});
       writer.AddUint32("llama.rope.freq_base", 10000);
       return writer;
     }},
    {"Yarn", kUnimplemented, "key 'llama.rope.scaling.type': is 'yarn', supported are",
     With([](GgufWriter* w) { w->AddString("llama.rope.scaling.type", "yarn"); })},
    {"RopeFactor", kInvalid, "key 'llama.rope.scaling.factor': is -1",
     With([](GgufWriter* w) { w->AddFloat32("llama.rope.scaling.factor", -1.0f); })},
    {"Experts", kUnimplemented, "key 'llama.expert_count': is 8",
     With([](GgufWriter* w) { w->AddUint32("llama.expert_count", 8); })},
    {"SlidingWindow", kUnimplemented, "key 'llama.attention.sliding_window': is 512",
     With([](GgufWriter* w) { w->AddUint32("llama.attention.sliding_window", 512); })},
    {"SoftCap", kUnimplemented, "key 'llama.attn_logit_softcapping'",
     With([](GgufWriter* w) { w->AddFloat32("llama.attn_logit_softcapping", 30.0f); })},
    {"Encoder", kUnimplemented, "key 'llama.attention.causal': is false",
     With([](GgufWriter* w) { w->AddBool("llama.attention.causal", false); })},
    {"Split", kUnimplemented, "key 'split.count': is 2",
     With([](GgufWriter* w) { w->AddUint32("split.count", 2); })},
    {"Eos", kInvalid, "key 'tokenizer.ggml.eot_token_id': is 300, the vocabulary has 300",
     With([](GgufWriter* w) { w->AddUint32("tokenizer.ggml.eot_token_id", 300); })},
    {"RopeFactorsTensor", kUnimplemented, "tensor 'rope_freqs.weight': is not part of",
     With([](GgufWriter* w) { w->AddTensor("rope_freqs.weight", {1}, GgmlType::kF32, {1.0f}); })},
    {"Bias", kUnimplemented, "tensor 'blk.0.attn_q.bias': is not part of",
     With([](GgufWriter* w) { w->AddTensor("blk.0.attn_q.bias", {1}, GgmlType::kF32, {1.0f}); })},
    {"OutputShape", kInvalid, "tensor 'output.weight': has dimensions [64, 2], expected [64, 300]",
     With([](GgufWriter* w) {
       w->AddTensor("output.weight", {64, 2}, GgmlType::kF32, std::vector<float>(128));
     })},
    {"OutputType", kUnimplemented, "tensor 'output.weight': has type Q6_K, supported are F32, F16",
     [] {
       TinyModelOptions options;
       options.hidden = 256;
       options.head_dim = 64;
       GgufWriter writer = MakeTinyModel(options);
       writer.AddRawTensor("output.weight", {256, 300}, GgmlType::kQ6_K,
                           std::string(300 * 210, '\0'));
       return writer;
     }},
    {"MissingMatrix", kNotFound, "tensor 'output_norm.weight' is missing",
     [] {
       GgufWriter writer = Writer({});
       writer.AddTensor("token_embd.weight", {64, 2}, GgmlType::kF32, std::vector<float>(128));
       return writer;
     }},
    {"NormType", kUnimplemented,
     "tensor 'output_norm.weight': has type F16, supported for vectors is F32",
     [] {
       GgufWriter writer = Writer({});
       writer.AddTensor("token_embd.weight", {64, 2}, GgmlType::kF32, std::vector<float>(128));
       writer.AddTensor("output_norm.weight", {64}, GgmlType::kF16, std::vector<float>(64));
       return writer;
     }},
    {"EmbeddingShape", kInvalid,
     "tensor 'token_embd.weight': has dimensions [64], expected [64, 1 to",
     [] {
       GgufWriter writer = Writer({});
       writer.AddTensor("token_embd.weight", {64}, GgmlType::kF32, std::vector<float>(64));
       return writer;
     }},
    {"VocabSize", kInvalid, "key 'llama.vocab_size': is 3, but token_embd.weight has 2 rows",
     [] {
       GgufWriter writer = Writer({});
       writer.AddUint32("llama.vocab_size", 3);
       writer.AddTensor("token_embd.weight", {64, 2}, GgmlType::kF32, std::vector<float>(128));
       return writer;
     }},
    {"Tokens", kInvalid, "key 'tokenizer.ggml.tokens': has 1, but token_embd.weight has 2 rows",
     [] {
       GgufWriter writer = Writer({});
       writer.AddStringArray("tokenizer.ggml.tokens", {"a"});
       writer.AddTensor("token_embd.weight", {64, 2}, GgmlType::kF32, std::vector<float>(128));
       return writer;
     }},
};

INSTANTIATE_TEST_SUITE_P(All, ModelConfigBadTest, ::testing::ValuesIn(kBadCases),
                         [](const auto& info) { return std::string(info.param.name); });

// A bit flip in each byte of a whole model's header: never more than a Status.
TEST(ModelConfigTest, SurvivesBitFlips) {
  TinyModelOptions options;
  options.vocab = 259;
  options.layers = 1;
  const GgufWriter writer = MakeTinyModel(options);
  const std::string header = writer.SerializeHeader();
  const uint64_t file_size = writer.Serialize().size();
  int rejected = 0;
  for (size_t i = 0; i < header.size(); ++i) {
    std::string bytes = header;
    bytes[i] = static_cast<char>(bytes[i] ^ 1 << i % 8);
    auto file = GgufFile::Parse(
        absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
        file_size, "m.gguf");
    const bool ok =
        file.ok() && ModelConfigFromGguf(**file).ok() && TokenizerMetadataFromGguf(**file).ok();
    rejected += !ok;
  }
  EXPECT_GT(rejected, 1000);
  EXPECT_LT(rejected, static_cast<int>(header.size()));
}

}  // namespace
}  // namespace baton
