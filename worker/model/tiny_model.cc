#include "worker/model/tiny_model.h"

#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/check.h"

namespace baton {
namespace {

constexpr int32_t kNormal = 1;
constexpr int32_t kControl = 3;
constexpr int32_t kUnused = 5;
constexpr int64_t kNumSpecial = 3;
constexpr int64_t kNumBytes = 256;
constexpr float kLogitDeviation = 2.5f;

// Merges of bytes as GPT-2 spells them (\u0120 is a space), most urgent first; each one's parts
// come before it.
constexpr const char* kMerges[] = {
    "\u0120 t",  "\u0120 a", "h e",       "i n",       "r e",       "o n",      "\u0120t he",
    "e r",       "\u0120 s", "a t",       "\u0120 w",  "\u0120 o",  "e n",      "\u0120 c",
    "i t",       "i s",      "a n",       "o r",       "e s",       "\u0120 b", "e d",
    "\u0120 f",  "in g",     "\u0120 p",  "o u",       "\u0120a n", "a l",      "a r",
    "\u0120t o", "\u0120 m", "\u0120o f", "\u0120 in", "\u0120 d",  "\u0120 h", "\u0120an d",
    "i c",       "a s",      "l e",       "\u0120t h", "i on",      "o m",      "l l",
};

// GPT-2's byte alphabet, in its order: printable bytes stand for themselves, the others for code
// points from 256 on. Source: bytes_to_unicode in GPT-2's encoder.py.
std::vector<std::string> ByteAlphabet() {
  const auto utf8 = [](int code_point) -> std::string {
    if (code_point < 0x80) return std::string(1, static_cast<char>(code_point));
    return {static_cast<char>(0xc0 | code_point >> 6),
            static_cast<char>(0x80 | (code_point & 0x3f))};
  };
  const auto printable = [](int byte) {
    return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  };
  std::vector<std::string> alphabet;
  for (int byte = 0; byte < kNumBytes; ++byte) {
    if (printable(byte)) alphabet.push_back(utf8(byte));
  }
  for (int next = 256; alphabet.size() < kNumBytes; ++next) alphabet.push_back(utf8(next));
  return alphabet;
}

void AddTokenizer(const TinyModelOptions& options, GgufWriter* writer) {
  BATON_CHECK(options.vocab >= kNumSpecial + kNumBytes);
  const size_t vocab = static_cast<size_t>(options.vocab);
  std::vector<std::string> tokens = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
  std::vector<int32_t> types(tokens.size(), kControl);
  for (std::string& token : ByteAlphabet()) tokens.push_back(std::move(token));
  std::vector<std::string> merges;
  for (const char* merge : kMerges) {
    if (tokens.size() == vocab) break;
    merges.push_back(merge);
    tokens.push_back(absl::StrReplaceAll(merge, {{" ", ""}}));
  }
  types.resize(tokens.size(), kNormal);
  while (tokens.size() < vocab) tokens.push_back(absl::StrCat("<|unused_", tokens.size(), "|>"));
  types.resize(vocab, kUnused);

  writer->AddString("tokenizer.ggml.model", "gpt2");
  writer->AddString("tokenizer.ggml.pre", "smollm");
  writer->AddStringArray("tokenizer.ggml.tokens", tokens);
  writer->AddInt32Array("tokenizer.ggml.token_type", types);
  writer->AddStringArray("tokenizer.ggml.merges", merges);
  writer->AddUint32("tokenizer.ggml.bos_token_id", 1);
  writer->AddUint32("tokenizer.ggml.eos_token_id", 2);
  writer->AddUint32("tokenizer.ggml.unknown_token_id", 0);
  writer->AddUint32("tokenizer.ggml.padding_token_id", 2);
  writer->AddBool("tokenizer.ggml.add_bos_token", false);
  writer->AddBool("tokenizer.ggml.add_space_prefix", false);
  if (!options.chat_template.empty()) {
    writer->AddString("tokenizer.chat_template", options.chat_template);
  }
}

void AddConfig(const TinyModelOptions& options, GgufWriter* writer) {
  const auto add = [writer](const char* key, int64_t value) {
    writer->AddUint32(key, static_cast<uint32_t>(value));
  };
  writer->AddString("general.architecture", "llama");
  writer->AddString("general.name", absl::StrCat("tiny random ", options.seed));
  add("llama.block_count", options.layers);
  add("llama.context_length", options.context);
  add("llama.embedding_length", options.hidden);
  add("llama.feed_forward_length", options.ffn);
  add("llama.attention.head_count", options.heads);
  add("llama.attention.head_count_kv", options.kv_heads);
  add("llama.attention.key_length", options.head_dim);
  add("llama.attention.value_length", options.head_dim);
  add("llama.rope.dimension_count", options.head_dim);
  writer->AddFloat32("llama.rope.freq_base", options.rope_base);
  if (options.rope_scale != 1.0f) {
    writer->AddString("llama.rope.scaling.type", "linear");
    writer->AddFloat32("llama.rope.scaling.factor", options.rope_scale);
  }
  writer->AddFloat32("llama.attention.layer_norm_rms_epsilon", options.norm_epsilon);
  add("llama.vocab_size", options.vocab);
}

// Bell-shaped numbers of mean 0 and deviation 1. std::normal_distribution and libm differ between
// systems; this is exact arithmetic on mt19937_64, which the standard fixes: the sum of four
// uniform 16-bit numbers, centred and scaled.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  float Next() {
    const uint64_t bits = engine_();
    const int64_t sum = static_cast<int64_t>((bits & 0xffff) + (bits >> 16 & 0xffff) +
                                             (bits >> 32 & 0xffff) + (bits >> 48));
    // The deviation of the sum is 65536 * sqrt(4 / 12).
    return static_cast<float>(sum - 2 * 0xffff) * (1.0f / 37837.2f);
  }

 private:
  std::mt19937_64 engine_;
};

class WeightAdder {
 public:
  WeightAdder(uint64_t seed, GgufWriter* writer) : random_(seed), writer_(writer) {}

  // A matrix from `in` to `out` features whose outputs have the deviation `gain` for inputs of
  // deviation 1.
  void Matrix(const std::string& name, int64_t in, int64_t out, GgmlType type, float gain) {
    const float scale = gain / std::sqrt(static_cast<float>(in));
    std::vector<float> values(static_cast<size_t>(in * out));
    for (float& value : values) value = random_.Next() * scale;
    writer_->AddTensor(name, {in, out}, type, values);
  }

  // A norm's weights, around 1.
  void Norm(const std::string& name, int64_t size) {
    std::vector<float> values(static_cast<size_t>(size));
    for (float& value : values) value = 1.0f + 0.1f * random_.Next();
    writer_->AddTensor(name, {size}, GgmlType::kF32, values);
  }

 private:
  Random random_;
  GgufWriter* const writer_;
};

void AddWeights(const TinyModelOptions& o, GgufWriter* writer) {
  WeightAdder add(o.seed, writer);
  const int64_t q = o.heads * o.head_dim;
  const int64_t kv = o.kv_heads * o.head_dim;
  add.Matrix("token_embd.weight", o.hidden, o.vocab, o.embedding_type, kLogitDeviation);
  for (int64_t i = 0; i < o.layers; ++i) {
    const std::string prefix = absl::StrCat("blk.", i, ".");
    add.Norm(prefix + "attn_norm.weight", o.hidden);
    // Queries and keys: scores of deviation about 2, so that attention picks and does not average.
    add.Matrix(prefix + "attn_q.weight", o.hidden, q, o.attention_type, 1.4f);
    add.Matrix(prefix + "attn_k.weight", o.hidden, kv, o.attention_type, 1.4f);
    add.Matrix(prefix + "attn_v.weight", o.hidden, kv, o.attention_type, 1.5f);
    add.Matrix(prefix + "attn_output.weight", q, o.hidden, o.attention_type, 1.5f);
    add.Norm(prefix + "ffn_norm.weight", o.hidden);
    add.Matrix(prefix + "ffn_gate.weight", o.hidden, o.ffn, o.ffn_type, 1.5f);
    add.Matrix(prefix + "ffn_up.weight", o.hidden, o.ffn, o.ffn_type, 1.5f);
    add.Matrix(prefix + "ffn_down.weight", o.ffn, o.hidden, o.ffn_type, 1.5f);
  }
  add.Norm("output_norm.weight", o.hidden);
  if (!o.tied) add.Matrix("output.weight", o.hidden, o.vocab, o.embedding_type, kLogitDeviation);
}

}  // namespace

GgufWriter MakeTinyModel(const TinyModelOptions& options) {
  GgufWriter writer;
  AddConfig(options, &writer);
  AddTokenizer(options, &writer);
  AddWeights(options, &writer);
  return writer;
}

absl::Status WriteTinyModel(const std::string& path, const TinyModelOptions& options) {
  return MakeTinyModel(options).Write(path);
}

}  // namespace baton
