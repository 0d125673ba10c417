// The operations a model is made of. A backend implements them once; models call nothing else.
//
// Every operation takes views of device memory and enqueues its work on a stream: OK means
// accepted, faults surface when the stream is synchronised. Memory of the device may not be touched
// by the host; what operations take as spans, and what RaggedBatch points to, is the host's. No
// device memory is allocated inside a step. Shapes are the caller's responsibility (a wrong one is
// a bug, not an input): plans are validated before they get here. The arithmetic of each operation,
// to the bit, is part of the backend's specification (CPU: kernels/cpu/kernels.h) and named by
// arithmetic_version().
#ifndef BATON_KERNELS_OPS_H_
#define BATON_KERNELS_OPS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "kernels/device.h"
#include "kernels/sampling_rule.h"
#include "kernels/tensor.h"

namespace baton {

// The most that any step has; what a backend reserves memory for.
struct OpsLimits {
  int64_t max_tokens = 0;
  int64_t max_rows = 0;  // of output
  int64_t max_sequences = 0;
  int64_t max_positions = 0;  // of a sequence
  int64_t num_heads = 0;      // of this rank
  int64_t num_kv_heads = 0;   // of this rank
  int64_t head_dim = 0;
  int64_t vocab = 0;
};

// What the operations of one step read.
struct StepArrays {
  RaggedBatch batch;
  absl::Span<const int32_t> ids;   // [num_tokens], or empty where there is no embedding
  absl::Span<const int32_t> rows;  // tokens whose outputs are wanted, ascending
};

// Rotates queries and keys, scales queries, and writes keys and values to the cache.
struct RopeKvArgs {
  float* qkv = nullptr;  // [num_tokens, qkv_stride]: query heads, key heads, value heads of
                         // head_dim each; queries in place, or kept by the backend for the
                         // attention that follows
  int64_t qkv_stride = 0;
  int64_t num_heads = 0;       // query heads of this rank
  const float* cos = nullptr;  // [context, rope_dim / 2]
  const float* sin = nullptr;  // likewise
  int64_t rope_dim = 0;        // leading elements of a head that are rotated
  bool interleaved = true;     // pairs (2i, 2i + 1); else (i, i + rope_dim / 2)
  float q_scale = 1.0f;        // the softmax scale, applied to queries after rotation
  KvCacheView cache;           // of this rank
  int64_t layer = 0;           // the cache's layer
};

struct AttentionOpArgs {
  const float* q = nullptr;  // [num_tokens, q_stride]
  int64_t q_stride = 0;
  int64_t num_heads = 0;
  KvCacheView cache;
  int64_t layer = 0;
};

// One row to sample from, or whose log probabilities are wanted. Pure function of these and the
// logits.
struct SampleRow {
  const float* logits = nullptr;       // [vocab], of the model; left as they are
  bool sample = true;                  // else only log probabilities
  const SamplingRule* rule = nullptr;  // of the sequence; not null where `sample`
  absl::Span<const int32_t> tokens;    // the journal before the drawn token: prompt and output
  uint32_t prompt_length = 0;          // of `tokens`
  bool want_logprob = false;
  uint32_t num_top = 0;      // at most 20
  int32_t given_token = -1;  // whose log probability is wanted when nothing is sampled; −1: none
};

// Log probabilities are those of the model's logits, before any rule.
struct SampleResult {
  int32_t token = -1;
  // False: the logits hold a NaN or +infinity, or the rule leaves no token to choose. Nothing was
  // sampled.
  bool finite = true;
  bool no_choice = false;  // not finite because the rules leave no token
  float logprob = 0.0f;
  std::vector<int32_t> top_tokens;  // likeliest first, the lower id among equals
  std::vector<float> top_logprobs;
};

class Ops {
 public:
  virtual ~Ops() = default;

  // --- Weights, at load time.
  virtual int64_t WeightBytes(DType dtype, int64_t rows, int64_t cols) const = 0;
  // Puts rows [row, row + num_rows), given in the file's row-major order, into `w`, whose memory
  // was zeroed at first. `src` may be reused afterwards.
  virtual absl::Status PackRows(Stream& stream, const Weight& w, int64_t row, int64_t num_rows,
                                const uint8_t* src) = 0;
  // The form of activations that products with weights of this type read.
  virtual uint32_t FormFor(DType dtype) const = 0;

  // --- Activations: bytes for [rows, cols] in these forms (f32 is always included), and the view
  // over such memory.
  virtual int64_t ActivationBytes(int64_t rows, int64_t cols, uint32_t forms) const = 0;
  virtual Activations ViewActivations(uint8_t* memory, int64_t rows, int64_t cols,
                                      uint32_t forms) const = 0;

  // --- Before any step: memory of the backend's own, and its bytes. INVALID_ARGUMENT for what the
  // backend cannot compute.
  virtual int64_t ReserveBytes(const OpsLimits& limits) const = 0;
  virtual absl::Status Reserve(Device& device, const OpsLimits& limits) = 0;

  // --- Operations of a step. It begins with StartStep; what it was given stays as it is until the
  // stream has been synchronised, and operations below that take parts of it are given the same.
  virtual absl::Status StartStep(Stream& stream, const StepArrays& arrays) = 0;
  // Those that write `Activations` fill all forms it has.
  // out [ids.size(), cols] = rows `id − first_id` of the table; zeros where the table, which holds
  // ids [first_id, first_id + rows), does not have the id.
  virtual absl::Status Embedding(Stream& stream, const Weight& table, int32_t first_id,
                                 absl::Span<const int32_t> ids, float* out) = 0;
  // residual [rows, cols] += delta (null: nothing); out = rms_norm(residual) · weight.
  virtual absl::Status AddRmsNorm(Stream& stream, float* residual, const float* delta,
                                  const float* weight, float epsilon, const Activations& out) = 0;
  // y [x.rows, ldy] = x · wᵀ for each weight, their outputs side by side.
  virtual absl::Status Matmul(Stream& stream, absl::Span<const Weight> weights,
                              const Activations& x, float* y, int64_t ldy) = 0;
  virtual absl::Status RopeKvWrite(Stream& stream, const RaggedBatch& batch,
                                   const RopeKvArgs& args) = 0;
  // Causal attention over the paged cache. out.f32 [num_tokens, num_heads · head_dim].
  virtual absl::Status PagedAttention(Stream& stream, const RaggedBatch& batch,
                                      const AttentionOpArgs& args, const Activations& out) = 0;
  // out = silu(gate) · up, with gate and up side by side in gate_up [rows, 2 · out.cols].
  virtual absl::Status SiluMul(Stream& stream, const float* gate_up, const Activations& out) = 0;
  // residual [rows, cols] += delta.
  virtual absl::Status Add(Stream& stream, int64_t count, float* residual, const float* delta) = 0;
  // out [rows.size(), cols] = those rows of `from`.
  virtual absl::Status GatherRows(Stream& stream, const float* from, absl::Span<const int32_t> rows,
                                  int64_t cols, float* out) = 0;
  // Greedy choice, or a draw, for each row; log probabilities where wanted. `results` has a row for
  // each, and is there when the stream has been synchronised.
  virtual absl::Status Sample(Stream& stream, absl::Span<const SampleRow> rows, int64_t vocab,
                              absl::Span<SampleResult> results) = 0;

  // Names the arithmetic: raised by hand whenever an operation's bits change.
  virtual std::string arithmetic_version() const = 0;
};

}  // namespace baton

#endif  // BATON_KERNELS_OPS_H_
