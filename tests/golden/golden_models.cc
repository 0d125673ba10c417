#include "tests/golden/golden_models.h"

#include "worker/model/gguf_types.h"

namespace baton {
namespace {

TinyModelOptions GroupedQuery() {
  TinyModelOptions options;
  options.seed = 101;
  return options;
}

// Sizes that are multiples of nothing convenient.
TinyModelOptions MultiHead() {
  TinyModelOptions options;
  options.heads = 3;
  options.kv_heads = 3;
  options.head_dim = 24;
  options.hidden = 72;
  options.ffn = 100;
  options.vocab = 271;
  options.norm_epsilon = 1e-6f;
  options.seed = 102;
  return options;
}

// Heads that are wider together than the hidden size.
TinyModelOptions MultiQueryUntied() {
  TinyModelOptions options;
  options.layers = 3;
  options.heads = 4;
  options.kv_heads = 1;
  options.head_dim = 32;
  options.hidden = 96;
  options.ffn = 160;
  options.tied = false;
  options.rope_base = 500000.0f;
  options.seed = 103;
  return options;
}

TinyModelOptions Quantised() {
  TinyModelOptions options;
  options.heads = 6;
  options.kv_heads = 2;
  options.hidden = 96;
  options.ffn = 128;
  options.embedding_type = GgmlType::kQ8_0;
  options.attention_type = GgmlType::kQ4_1;
  options.ffn_type = GgmlType::kQ4_0;
  options.seed = 104;
  return options;
}

TinyModelOptions HalvesScaledRope() {
  TinyModelOptions options;
  options.embedding_type = GgmlType::kF16;
  options.attention_type = GgmlType::kBF16;
  options.ffn_type = GgmlType::kF16;
  options.rope_scale = 2.0f;
  options.tied = false;
  options.seed = 105;
  return options;
}

}  // namespace

std::vector<GoldenModel> GoldenTinyModels() {
  return {{"tiny_gqa", GroupedQuery()},
          {"tiny_mha", MultiHead()},
          {"tiny_mqa_untied", MultiQueryUntied()},
          {"tiny_quantised", Quantised()},
          {"tiny_halves_scaled_rope", HalvesScaledRope()}};
}

}  // namespace baton
