// Random inputs for the kernels: the same cases drive the tests (every table against the
// specification) and the benchmark.
#ifndef BATON_KERNELS_CPU_KERNEL_CASES_H_
#define BATON_KERNELS_CPU_KERNEL_CASES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "kernels/cpu/kernels.h"
#include "kernels/dtype.h"

namespace baton {

// 64-byte aligned, zeroed memory.
class AlignedBytes {
 public:
  explicit AlignedBytes(int64_t n) : bytes_(n + 64) {}
  uint8_t* data() {
    return bytes_.data() + (64 - reinterpret_cast<uintptr_t>(bytes_.data()) % 64) % 64;
  }

 private:
  std::vector<uint8_t> bytes_;
};

// Random rows as a model's file has them. `value` gives each element of plain types, and is asked
// once for each block of the others, whose integers are random: its scale is scale_of(that value),
// its minimum minimum(), both rounded to f16.
std::vector<uint8_t> RandomFileRows(DType dtype, int64_t rows, int64_t cols, std::mt19937_64& rng,
                                    const std::function<float()>& value,
                                    const std::function<float(float)>& scale_of,
                                    const std::function<float()>& minimum);

// A random matrix, in the file's order and packed.
struct MatrixCase {
  MatrixCase(DType dtype, int64_t rows, int64_t cols, uint64_t seed);
  std::vector<uint8_t> file_rows;
  AlignedBytes memory;
  PackedWeight packed;
};

// Random activation rows in all their forms (the int8 form by the specification, cols a multiple of
// 32 only).
struct ActivationCase {
  ActivationCase(int64_t rows, int64_t cols, uint64_t seed, float spread = 1.0f);
  std::vector<float> f32;
  std::vector<uint16_t> bf16;
  std::vector<int8_t> q8;
  std::vector<float> scale, scaled_sum;
  std::vector<int32_t> sum;
  Activations view;
};

// Random keys and values of one sequence in shuffled blocks, and queries.
struct AttentionCase {
  AttentionCase(int64_t kv_heads, int64_t q_per_kv, int64_t head_dim, int64_t block_size,
                int64_t first_position, int64_t num_tokens, bool kv_f16, uint64_t seed);
  int64_t num_rows() const { return num_tokens * args.q_per_kv; }
  int64_t kv_heads, num_tokens;
  std::vector<uint8_t> keys, values;
  std::vector<int32_t> block_table;
  std::vector<float> q, out;
  AttentionArgs args;
};

}  // namespace baton

#endif  // BATON_KERNELS_CPU_KERNEL_CASES_H_
