// The values of packed weights, for kernels.
#ifndef BATON_KERNELS_CUDA_WEIGHT_VALUES_H_
#define BATON_KERNELS_CUDA_WEIGHT_VALUES_H_

#include <cstdint>

#include "kernels/cuda/device_code.h"
#include "kernels/cuda/weight_layout.h"

namespace baton {

BATON_DEVICE uint16_t Load16Aligned(const uint8_t* p) {
  return *reinterpret_cast<const uint16_t*>(p);
}

// The value of an integer of a block: q as stored, with the block's scale and minimum.
template <DType kType>
BATON_DEVICE float BlockValue(int q, float d, float m) {
  if (kType == DType::kQ4_1) return Fma(d, static_cast<float>(q), m);
  return Mul(d, static_cast<float>(kType == DType::kQ4_0 ? q - 8 : q));
}

// The scale and, for Q4_1, the minimum of a group of 32 columns.
template <DType kType>
BATON_DEVICE void LoadScale(const CudaWeightLayout& w, const uint8_t* data, int64_t row,
                            int64_t group, float* d, float* m) {
  const uint8_t* scales = data + w.elements_bytes() + (row * (w.cols / 32) + group) * 2;
  *d = F16ToF32(Load16Aligned(scales));
  *m = kType == DType::kQ4_1 ? F16ToF32(Load16Aligned(scales + w.scales_bytes())) : 0.0f;
}

// The integer at a column.
template <DType kType>
BATON_DEVICE int LoadInteger(const CudaWeightLayout& w, const uint8_t* data, int64_t row,
                             int64_t col) {
  if (kType == DType::kQ8_0) return static_cast<int8_t>(data[row * w.cols + col]);
  const uint8_t byte = data[(row * w.cols + col) / 2];
  return col % 2 == 0 ? byte & 15 : byte >> 4;
}

// Eight columns from `col`, a multiple of 8, as bf16.
template <DType kType>
BATON_DEVICE uint4 LoadEightAsBF16(const CudaWeightLayout& w, const uint8_t* data, int64_t row,
                                   int64_t col) {
  float d, m;
  LoadScale<kType>(w, data, row, col / 32, &d, &m);
  uint32_t packed[2];  // eight bytes, or eight half bytes in the first word
  const int64_t at = row * w.cols + col;
  if (kType == DType::kQ8_0) {
    const uint2 both = *reinterpret_cast<const uint2*>(data + at);
    packed[0] = both.x;
    packed[1] = both.y;
  } else {
    packed[0] = packed[1] = *reinterpret_cast<const uint32_t*>(data + at / 2);
  }
  uint16_t values[8];
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    const int q = kType == DType::kQ8_0 ? static_cast<int8_t>(packed[i / 4] >> (i % 4 * 8) & 0xffu)
                                        : static_cast<int>(packed[0] >> (i * 4) & 15u);
    values[i] = F32ToBF16(BlockValue<kType>(q, d, m));
  }
  return {Pack16(values[0], values[1]), Pack16(values[2], values[3]), Pack16(values[4], values[5]),
          Pack16(values[6], values[7])};
}

// One element in f32, of any type.
BATON_DEVICE float LoadElement(const CudaWeightLayout& w, const uint8_t* data, int64_t row,
                               int64_t col) {
  switch (w.dtype) {
    case DType::kF32:
      return reinterpret_cast<const float*>(data)[col * w.rows + row];
    case DType::kF16:
      return F16ToF32(Load16Aligned(data + (row * w.stride() + col) * 2));
    case DType::kBF16:
      return BF16ToF32(Load16Aligned(data + (row * w.stride() + col) * 2));
    case DType::kQ8_0: {
      float d, m;
      LoadScale<DType::kQ8_0>(w, data, row, col / 32, &d, &m);
      return BlockValue<DType::kQ8_0>(LoadInteger<DType::kQ8_0>(w, data, row, col), d, m);
    }
    case DType::kQ4_0: {
      float d, m;
      LoadScale<DType::kQ4_0>(w, data, row, col / 32, &d, &m);
      return BlockValue<DType::kQ4_0>(LoadInteger<DType::kQ4_0>(w, data, row, col), d, m);
    }
    case DType::kQ4_1: {
      float d, m;
      LoadScale<DType::kQ4_1>(w, data, row, col / 32, &d, &m);
      return BlockValue<DType::kQ4_1>(LoadInteger<DType::kQ4_1>(w, data, row, col), d, m);
    }
  }
  return 0.0f;
}

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_WEIGHT_VALUES_H_
