#include "kernels/cpu/kernel_cases.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "kernels/float_bits.h"

namespace baton {
namespace {

PackedWeight Shape(DType dtype, int64_t rows, int64_t cols) {
  PackedWeight w;
  w.dtype = dtype;
  w.rows = rows;
  w.cols = cols;
  return w;
}

void Put16(uint8_t* p, uint16_t v) { std::memcpy(p, &v, 2); }

}  // namespace

std::vector<uint8_t> RandomFileRows(DType dtype, int64_t rows, int64_t cols, std::mt19937_64& rng,
                                    const std::function<float()>& value,
                                    const std::function<float(float)>& scale_of,
                                    const std::function<float()>& minimum) {
  const int64_t block_bytes = BlockBytes(dtype);
  std::vector<uint8_t> bytes(rows * (cols / BlockElements(dtype)) * block_bytes);
  for (size_t at = 0; at < bytes.size(); at += block_bytes) {
    uint8_t* p = bytes.data() + at;
    const float v = value();
    switch (dtype) {
      case DType::kF32:
        std::memcpy(p, &v, 4);
        break;
      case DType::kF16:
        Put16(p, F32ToF16(v));
        break;
      case DType::kBF16:
        Put16(p, F32ToBF16(v));
        break;
      default:
        for (int64_t i = 2; i < block_bytes; ++i) p[i] = static_cast<uint8_t>(rng());
        Put16(p, F32ToF16(scale_of(v)));
        if (dtype == DType::kQ4_1) Put16(p + 2, F32ToF16(minimum()));
    }
  }
  return bytes;
}

MatrixCase::MatrixCase(DType dtype, int64_t rows, int64_t cols, uint64_t seed)
    : memory(Shape(dtype, rows, cols).num_bytes()), packed(Shape(dtype, rows, cols)) {
  std::mt19937_64 rng(seed);
  std::normal_distribution<float> normal(0.0f, 0.05f);
  const auto draw = [&] { return normal(rng); };
  file_rows = RandomFileRows(
      dtype, rows, cols, rng, draw, [](float v) { return v * 0.1f; }, draw);
  packed.data = memory.data();
  PackRows(packed, 0, rows, file_rows.data());
}

ActivationCase::ActivationCase(int64_t rows, int64_t cols, uint64_t seed, float spread)
    : f32(rows * cols), bf16(rows * ((cols + 1) / 2 * 2)) {
  std::mt19937_64 rng(seed);
  std::normal_distribution<float> normal(0.0f, spread);
  for (float& x : f32) x = normal(rng);
  for (int64_t t = 0; t < rows; ++t) {
    for (int64_t k = 0; k < cols; ++k)
      bf16[t * ((cols + 1) / 2 * 2) + k] = F32ToBF16(f32[t * cols + k]);
  }
  view.rows = rows;
  view.cols = cols;
  view.f32 = f32.data();
  view.bf16 = bf16.data();
  if (cols % kGroup != 0) return;
  const int64_t groups = cols / kGroup;
  q8.resize(rows * cols);
  scale.resize(rows * groups);
  scaled_sum.resize(rows * groups);
  sum.resize(rows * groups);
  for (int64_t t = 0; t < rows; ++t) {
    ScalarKernels().quantise_row(&f32[t * cols], cols, &q8[t * cols], &scale[t * groups],
                                 &scaled_sum[t * groups], &sum[t * groups]);
  }
  view.q8 = q8.data();
  view.scale = scale.data();
  view.scaled_sum = scaled_sum.data();
  view.sum = sum.data();
}

AttentionCase::AttentionCase(int64_t kv_heads, int64_t q_per_kv, int64_t head_dim,
                             int64_t block_size, int64_t first_position, int64_t num_tokens,
                             bool kv_f16, uint64_t seed)
    : kv_heads(kv_heads), num_tokens(num_tokens) {
  std::mt19937_64 rng(seed);
  std::normal_distribution<float> normal(0.0f, 1.0f);
  const int64_t num_blocks = (first_position + num_tokens + block_size - 1) / block_size;
  const int64_t elements = num_blocks * kv_heads * block_size * head_dim;
  for (std::vector<uint8_t>* cache : {&keys, &values}) {
    cache->resize(elements * (kv_f16 ? 2 : 4));
    for (int64_t i = 0; i < elements; ++i) {
      const float v = normal(rng);
      if (kv_f16) {
        Put16(cache->data() + i * 2, F32ToF16(v));
      } else {
        std::memcpy(cache->data() + i * 4, &v, 4);
      }
    }
  }
  block_table.resize(num_blocks);
  std::iota(block_table.begin(), block_table.end(), 0);
  std::shuffle(block_table.begin(), block_table.end(), rng);
  q.resize(num_tokens * kv_heads * q_per_kv * head_dim);
  out.resize(q.size());
  for (float& x : q) x = normal(rng) * 0.3f;
  args.q = q.data();
  args.out = out.data();
  args.q_stride = args.out_stride = kv_heads * q_per_kv * head_dim;
  args.keys = keys.data();
  args.values = values.data();
  args.head_bytes = block_size * head_dim * (kv_f16 ? 2 : 4);
  args.block_bytes = kv_heads * args.head_bytes;
  args.block_table = block_table.data();
  args.block_size = block_size;
  args.head_dim = head_dim;
  args.q_per_kv = q_per_kv;
  args.first_position = first_position;
  args.kv_f16 = kv_f16;
}

}  // namespace baton
