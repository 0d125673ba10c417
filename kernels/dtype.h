// Element types of tensors, and the sizes of their blocks.
#ifndef BATON_KERNELS_DTYPE_H_
#define BATON_KERNELS_DTYPE_H_

#include <cstdint>

namespace baton {

enum class DType : uint8_t {
  kF32,
  kF16,
  kBF16,
  kQ8_0,  // blocks of 32: f16 scale d, 32 × int8 q; value d·q
  kQ4_0,  // blocks of 32: f16 scale d, 32 × 4 bits q; value d·(q − 8)
  kQ4_1,  // blocks of 32: f16 scale d, f16 minimum m, 32 × 4 bits q; value d·q + m
};

// Elements in one block: 1 for plain types, 32 for quantised ones.
constexpr int64_t BlockElements(DType t) {
  return t == DType::kQ8_0 || t == DType::kQ4_0 || t == DType::kQ4_1 ? 32 : 1;
}

// Bytes of one block as model files store it.
constexpr int64_t BlockBytes(DType t) {
  switch (t) {
    case DType::kF32:
      return 4;
    case DType::kF16:
    case DType::kBF16:
      return 2;
    case DType::kQ8_0:
      return 34;
    case DType::kQ4_0:
      return 18;
    case DType::kQ4_1:
      return 20;
  }
  return 0;
}

constexpr const char* DTypeName(DType t) {
  switch (t) {
    case DType::kF32:
      return "F32";
    case DType::kF16:
      return "F16";
    case DType::kBF16:
      return "BF16";
    case DType::kQ8_0:
      return "Q8_0";
    case DType::kQ4_0:
      return "Q4_0";
    case DType::kQ4_1:
      return "Q4_1";
  }
  return "?";
}

constexpr bool IsQuantised(DType t) { return BlockElements(t) > 1; }

}  // namespace baton

#endif  // BATON_KERNELS_DTYPE_H_
