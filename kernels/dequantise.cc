#include "kernels/dequantise.h"

#include <cmath>
#include <cstring>

#include "kernels/float_bits.h"

namespace baton {
void DequantiseRow(DType dtype, const uint8_t* src, int64_t cols, float* out) {
  for (int64_t k = 0; k < cols; k += BlockElements(dtype), src += BlockBytes(dtype)) {
    switch (dtype) {
      case DType::kF32:
        std::memcpy(out + k, src, 4);
        break;
      case DType::kF16:
        out[k] = F16ToF32(Load16(src));
        break;
      case DType::kBF16:
        out[k] = BF16ToF32(Load16(src));
        break;
      case DType::kQ8_0: {
        const float d = F16ToF32(Load16(src));
        for (int i = 0; i < 32; ++i)
          out[k + i] = d * static_cast<float>(static_cast<int8_t>(src[2 + i]));
        break;
      }
      case DType::kQ4_0:
      case DType::kQ4_1: {
        const bool with_min = dtype == DType::kQ4_1;
        const float d = F16ToF32(Load16(src));
        const float m = with_min ? F16ToF32(Load16(src + 2)) : 0.0f;
        const uint8_t* q = src + (with_min ? 4 : 2);
        for (int i = 0; i < 32; ++i) {
          const int v = i < 16 ? q[i] & 15 : q[i - 16] >> 4;
          out[k + i] =
              with_min ? std::fma(d, static_cast<float>(v), m) : d * static_cast<float>(v - 8);
        }
        break;
      }
    }
  }
}

}  // namespace baton
