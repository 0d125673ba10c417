// Kernels that work on rows of activations: embeddings, norms, rope, activation functions.
//
// Arithmetic (version "cuda1"): f32, every operation rounded to nearest even; a fused multiply-add
// where fma is written. A sum over a row has 256 lanes, element i in lane i mod 256, i ascending;
// lanes are then folded 128 on 128, 64 on 64, … 1 on 1 (lane j with lane j + half). Values are
// rounded to 16-bit forms once, from f32, to nearest even.
#ifndef BATON_KERNELS_CUDA_ROWS_H_
#define BATON_KERNELS_CUDA_ROWS_H_

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/dtype.h"
#include "kernels/tensor.h"

namespace baton {

// Where a row's values go; a form that is absent is null. bf16 and f16 have rows of `stride`
// elements, RowStride(cols) (weight_layout.h), and zeros beyond cols.
struct RowForms {
  float* f32 = nullptr;  // [rows, cols]
  uint16_t* bf16 = nullptr;
  uint16_t* f16 = nullptr;
  int64_t stride = 0;
};

// out [tokens, cols] = rows ids[t] − first_id of the table, zeros where it does not have them.
struct EmbeddingArgs {
  DType dtype = DType::kF32;
  const uint8_t* table = nullptr;  // as CudaWeightLayout says
  int64_t rows = 0, cols = 0;
  const int32_t* ids = nullptr;
  int32_t first_id = 0;
  int64_t tokens = 0;
  float* out = nullptr;
};
cudaError_t LaunchEmbedding(cudaStream_t stream, const EmbeddingArgs& args);

// residual += delta (if not null); out = (residual · (1 / sqrt(Σ residual² / cols + epsilon))) ·
// weight, the sum of squares by fma.
struct NormArgs {
  float* residual = nullptr;     // [rows, cols]
  const float* delta = nullptr;  // likewise
  const float* weight = nullptr;
  float epsilon = 0.0f;
  int64_t rows = 0, cols = 0;
  RowForms out;
};
cudaError_t LaunchAddRmsNorm(cudaStream_t stream, const NormArgs& args);

// out = (g / (1 + exp(−g))) · u, with g and u side by side in gate_up [rows, 2 · cols].
struct SiluArgs {
  const float* gate_up = nullptr;
  int64_t rows = 0, cols = 0;
  RowForms out;
};
cudaError_t LaunchSiluMul(cudaStream_t stream, const SiluArgs& args);

// to += from.
struct AddArgs {
  float* to = nullptr;
  const float* from = nullptr;
  int64_t count = 0;
};
cudaError_t LaunchAdd(cudaStream_t stream, const AddArgs& args);

// out [rows, cols] = rows `indices` of `from`.
struct GatherArgs {
  const float* from = nullptr;
  const int32_t* indices = nullptr;
  int64_t rows = 0, cols = 0;
  float* out = nullptr;
};
cudaError_t LaunchGatherRows(cudaStream_t stream, const GatherArgs& args);

// Rotates queries and keys: (x0, x1) → (x0 · cos − x1 · sin, x0 · sin + x1 · cos), each product and
// sum rounded; queries are then scaled and rounded to f16; keys and values are rounded to f16,
// those beyond its range to the largest of their sign (an infinity would be a NaN for rows that do
// not see it, 0 · ∞), and written to the cache.
struct RopeArgs {
  const float* qkv = nullptr;  // [tokens, qkv_stride]
  int64_t qkv_stride = 0;
  int64_t num_heads = 0, num_kv_heads = 0, head_dim = 0;
  const float* cos = nullptr;  // [context, rope_dim / 2]
  const float* sin = nullptr;
  int64_t rope_dim = 0;
  bool interleaved = true;
  float q_scale = 1.0f;
  const int32_t* positions = nullptr;     // [tokens]
  const int32_t* slot_mapping = nullptr;  // [tokens]
  int64_t tokens = 0;
  uint16_t* q = nullptr;       // [tokens, num_heads · head_dim], f16
  uint16_t* keys = nullptr;    // of the layer: [block][kv head][position][head_dim], f16
  uint16_t* values = nullptr;  // likewise
  int64_t block_size = 0;
};
cudaError_t LaunchRopeKvWrite(cudaStream_t stream, const RopeArgs& args);

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_ROWS_H_
