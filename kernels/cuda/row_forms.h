// Rows of activations in the forms that products read.
#ifndef BATON_KERNELS_CUDA_ROW_FORMS_H_
#define BATON_KERNELS_CUDA_ROW_FORMS_H_

#include <cstdint>

#include "kernels/cuda/device_code.h"
#include "kernels/cuda/rows.h"

namespace baton {

// Puts element i of a row where `out` wants it.
BATON_DEVICE void StoreForms(const RowForms& out, int64_t row, int64_t cols, int64_t i, float x) {
  if (out.f32 != nullptr) out.f32[row * cols + i] = x;
  if (out.bf16 != nullptr) out.bf16[row * out.stride + i] = F32ToBF16(x);
  if (out.f16 != nullptr) out.f16[row * out.stride + i] = F32ToF16(x);
}

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_ROW_FORMS_H_
