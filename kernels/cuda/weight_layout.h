// How weight matrices lie in a device's memory.
//
//  - BF16, F16: [rows][stride], stride = RowStride(cols), zeros beyond cols.
//  - F32: transposed, [cols][rows].
//  - Q8_0: int8 [rows][cols]; then scales, f16 [rows][cols / 32].
//  - Q4_0, Q4_1: [rows][cols / 2], column 2i in the low half of byte i; then scales; for Q4_1 then
//  minima, f16 [rows][cols / 32].
#ifndef BATON_KERNELS_CUDA_WEIGHT_LAYOUT_H_
#define BATON_KERNELS_CUDA_WEIGHT_LAYOUT_H_

#include <cstdint>

#include "kernels/dtype.h"
#include "kernels/host_device.h"

namespace baton {

// Elements between rows of 16-bit elements, weights and activations: rows are 16-byte aligned.
BATON_HOST_DEVICE constexpr int64_t RowStride(int64_t cols) { return (cols + 7) / 8 * 8; }

struct CudaWeightLayout {
  DType dtype;
  int64_t rows, cols;

  // Of BF16 and F16.
  BATON_HOST_DEVICE int64_t stride() const { return RowStride(cols); }
  // Bytes of what stands before the scales, and of one table of scales.
  BATON_HOST_DEVICE int64_t elements_bytes() const {
    return dtype == DType::kQ8_0 ? rows * cols : rows * cols / 2;
  }
  BATON_HOST_DEVICE int64_t scales_bytes() const { return rows * (cols / 32) * 2; }

  // A multiple of 64.
  int64_t num_bytes() const {
    int64_t bytes = 0;
    switch (dtype) {
      case DType::kF32:
        bytes = rows * cols * 4;
        break;
      case DType::kF16:
      case DType::kBF16:
        bytes = rows * stride() * 2;
        break;
      case DType::kQ8_0:
      case DType::kQ4_0:
        bytes = elements_bytes() + scales_bytes();
        break;
      case DType::kQ4_1:
        bytes = elements_bytes() + 2 * scales_bytes();
        break;
    }
    return (bytes + 63) / 64 * 64;
  }
};

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_WEIGHT_LAYOUT_H_
