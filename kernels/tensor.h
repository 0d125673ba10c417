// Views of device memory, and the ragged batch that a step works on. Views own nothing and are
// passed by value.
#ifndef BATON_KERNELS_TENSOR_H_
#define BATON_KERNELS_TENSOR_H_

#include <cstdint>

#include "kernels/dtype.h"

namespace baton {

// A weight matrix [rows, cols] in the backend's own packed form (Ops::WeightBytes, Ops::PackRows).
struct Weight {
  DType dtype = DType::kF32;
  int64_t rows = 0;  // outputs
  int64_t cols = 0;  // inputs; a multiple of 32 for quantised types
  uint8_t* data = nullptr;
};

// The forms in which products read activations, as bits.
enum ActivationForm : uint32_t {
  kFormF32 = 1,
  kFormBF16 = 2,
  kFormQ8 = 4,  // int8 in groups of 32 with f32 scales
  kFormF16 = 8,
};

// Rows of activations, in one or more forms. A form that is absent is null.
struct Activations {
  int64_t rows = 0;
  int64_t cols = 0;
  uint32_t forms = 0;
  float* f32 = nullptr;      // [rows, cols]; on the CPU always present: the others derive from it
  uint16_t* bf16 = nullptr;  // [rows, cols rounded up to even; on a GPU to a multiple of 8]
  uint16_t* f16 = nullptr;   // likewise
  int8_t* q8 = nullptr;      // [rows, cols]
  float* scale = nullptr;    // [rows, cols / 32]: x ≈ scale · q8
  float* scaled_sum = nullptr;  // [rows, cols / 32]: scale · Σ q8
  int32_t* sum = nullptr;       // [rows, cols / 32]: Σ q8
};

// Keys and values of all layers of one rank. Positions of a sequence lie in blocks named by its
// block table.
struct KvCacheView {
  uint8_t* keys = nullptr;    // [num_layers][num_blocks][block_bytes]
  uint8_t* values = nullptr;  // likewise
  int64_t num_blocks = 0;
  int64_t block_size = 0;  // positions of a block, a multiple of 16
  int64_t num_kv_heads = 0;
  int64_t head_dim = 0;
  DType dtype = DType::kF16;  // or kF32

  int64_t head_bytes() const { return block_size * head_dim * BlockBytes(dtype); }
  int64_t block_bytes() const { return num_kv_heads * head_bytes(); }
  int64_t layer_bytes() const { return num_blocks * block_bytes(); }
};

// Chunks of several sequences, laid end to end: sequence s has tokens [q_offsets[s], q_offsets[s +
// 1]), which are consecutive positions from first_positions[s].
struct RaggedBatch {
  int64_t num_tokens = 0;
  int64_t num_sequences = 0;
  const int32_t* q_offsets = nullptr;        // [num_sequences + 1]
  const int32_t* first_positions = nullptr;  // [num_sequences]
  const int32_t* positions = nullptr;        // [num_tokens]
  const int32_t* slot_mapping =
      nullptr;  // [num_tokens]: block · block_size + offset, where keys and values are written
  const int32_t* const* block_tables = nullptr;  // [num_sequences] → [blocks of the sequence]
  int64_t block_size = 0;                        // positions of a block
};

}  // namespace baton

#endif  // BATON_KERNELS_TENSOR_H_
