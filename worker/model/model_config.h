// ModelConfig: the shape and the constants of a model, validated.
#ifndef BATON_WORKER_MODEL_MODEL_CONFIG_H_
#define BATON_WORKER_MODEL_MODEL_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/model/gguf_file.h"

namespace baton {

// A decoder of the llama family: layers of
//   x += attn_output(attention(rope(q), rope(k), v)) over rms_norm(x),  x += down(silu(gate) * up)
//   over rms_norm(x)
// with grouped-query attention, scaled by 1 / sqrt(head_dim), then rms_norm and the output matrix.
struct ModelConfig {
  std::string architecture;  // "llama"
  std::string name;          // general.name; may be empty
  int64_t num_layers = 0;
  int64_t hidden_size = 0;
  int64_t num_heads = 0;  // query heads; a multiple of num_kv_heads
  int64_t num_kv_heads = 0;
  int64_t head_dim = 0;  // even; num_heads * head_dim need not be hidden_size
  int64_t ffn_size = 0;
  int64_t vocab_size = 0;
  int64_t context_length = 0;  // positions the model was trained for
  float norm_epsilon = 0;      // of every rms_norm
  float rope_base = 0;
  int64_t rope_dim = 0;  // leading dimensions of each head that are rotated; even, at most head_dim
  float rope_scale = 1;  // linear scaling: the angle of position p is that of p / rope_scale
  bool tied_embeddings = false;  // the output matrix is token_embd.weight
  bool interleaved_rope = true;  // rotates pairs (2i, 2i + 1), as llama's converted rows want, not
                                 // (i, i + rope_dim / 2)
  std::vector<int32_t>
      eos_ids;  // tokens that end a sequence; ascending, unique, each less than vocab_size
};

// Reads and checks the config of a GGUF model, and that the file has exactly the tensors such a
// model needs, each with the right dimensions and a type that can be loaded:
//   token_embd.weight [hidden, vocab], output_norm.weight [hidden], output.weight [hidden, vocab]
//   (absent: tied), and blk.N.{attn_norm, ffn_norm}.weight [hidden], blk.N.attn_q.weight [hidden,
//   heads * head_dim], blk.N.{attn_k, attn_v}.weight [hidden, kv_heads * head_dim],
//   blk.N.attn_output.weight [heads * head_dim, hidden], blk.N.{ffn_gate, ffn_up}.weight [hidden,
//   ffn], blk.N.ffn_down.weight [ffn, hidden]; vectors are F32.
// NotFound for a missing key or tensor, InvalidArgument for a value or shape that cannot be,
// Unimplemented for a feature Baton does not have (another architecture, experts, biases, other
// rope scaling, other tensor types); a feature that would change the result is never ignored.
absl::StatusOr<ModelConfig> ModelConfigFromGguf(const GgufFile& file);

}  // namespace baton

#endif  // BATON_WORKER_MODEL_MODEL_CONFIG_H_
