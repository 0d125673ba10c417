// Small random llama models as GGUF files, for tests that need a whole model but not a good one.
#ifndef BATON_WORKER_MODEL_TINY_MODEL_H_
#define BATON_WORKER_MODEL_TINY_MODEL_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "worker/model/gguf_types.h"
#include "worker/model/gguf_writer.h"

namespace baton {

inline constexpr char kChatMlTemplate[] =
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' "
    "}}{% endif %}";

struct TinyModelOptions {
  int64_t layers = 2;
  int64_t heads = 4;
  int64_t kv_heads = 2;
  int64_t head_dim = 16;  // heads * head_dim need not be hidden
  int64_t hidden = 64;
  int64_t ffn = 96;
  int64_t vocab = 300;  // at least 259: three special tokens and the 256 bytes
  int64_t context = 256;
  // Types of the matrices. A quantised type needs rows of whole blocks of 32: hidden for attn_q,
  // attn_k, attn_v, ffn_gate, ffn_up, embedding and output; heads * head_dim for attn_output; ffn
  // for ffn_down.
  GgmlType embedding_type = GgmlType::kF32;  // token_embd and output
  GgmlType attention_type = GgmlType::kF32;
  GgmlType ffn_type = GgmlType::kF32;
  bool tied = true;
  float rope_base = 10000.0f;
  float rope_scale = 1.0f;  // other than 1: linear scaling is declared
  float norm_epsilon = 1e-5f;
  uint64_t seed = 1;
  std::string chat_template = kChatMlTemplate;
};

// The model as a writer, so that a test can add to it. The same options give the same bytes on
// every machine and with every compiler. Weights are random and scaled so that each layer matters
// and the logits of a position have a standard deviation of about 2.5, over all of the vocabulary.
// Dies when the options make no model.
//
// The vocabulary is a complete byte-level BPE one (model "gpt2", pre "smollm"): ids 0 to 2 are
// <|endoftext|> (unknown),
// <|im_start|> (begin) and <|im_end|> (end, padding); 3 to 258 are the bytes in the order of
// GPT-2's byte alphabet; then a few dozen merges of English; whatever is left are unused tokens.
GgufWriter MakeTinyModel(const TinyModelOptions& options);

// MakeTinyModel, written to `path`.
absl::Status WriteTinyModel(const std::string& path, const TinyModelOptions& options);

}  // namespace baton

#endif  // BATON_WORKER_MODEL_TINY_MODEL_H_
