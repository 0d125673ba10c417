#include "kernels/cuda/emulator/tensor_core.h"

#include <algorithm>
#include <cmath>

#include "kernels/float_bits.h"

namespace baton {
namespace {

constexpr int kFractionBits = 25;
constexpr uint32_t kNan = 0x7fffffff;

// A finite number: sign · significand · 2^(exponent − fraction bits of its type).
struct Unpacked {
  int64_t significand;  // signed
  int exponent;
};

struct BF16 {
  static constexpr int kFraction = 7, kExponentBits = 8;
  static float ToFloat(uint16_t bits) { return BF16ToF32(bits); }
};
struct F16 {
  static constexpr int kFraction = 10, kExponentBits = 5;
  static float ToFloat(uint16_t bits) { return F16ToF32(bits); }
};

Unpacked Unpack(uint32_t bits, int fraction, int exponent_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = static_cast<int>(bits >> fraction) & ((1 << exponent_bits) - 1);
  int64_t significand = bits & ((1u << fraction) - 1);
  if (exponent > 0) significand |= int64_t{1} << fraction;
  const bool negative = (bits >> (fraction + exponent_bits) & 1) != 0;
  return {negative ? -significand : significand, std::max(exponent, 1) - bias};
}

// value · 2^(−shift), toward zero; shift ≥ −25 unless the value is zero.
int64_t ShiftRight(int64_t value, int shift) {
  if (value == 0) return 0;
  if (shift <= 0) return value * (int64_t{1} << -shift);
  if (shift > 62) return 0;
  return value < 0 ? -(-value >> shift) : value >> shift;
}

// sum · 2^exponent, toward zero.
float CutToFloat(int64_t sum, int exponent) {
  if (sum == 0) return 0.0f;
  uint64_t magnitude = static_cast<uint64_t>(sum < 0 ? -sum : sum);
  const int top = 63 - __builtin_clzll(magnitude);  // its highest bit
  // The unit of the last place of the result, at least that of subnormals.
  const int unit = std::max(top + exponent - 23, -149);
  const int drop = unit - exponent;
  if (drop > 0) magnitude = drop > 63 ? 0 : magnitude >> drop << drop;
  const float result = static_cast<float>(std::ldexp(static_cast<double>(magnitude), exponent));
  return sum < 0 ? -result : result;
}

// Whether anything is not finite, and what comes of it.
template <typename T>
bool IsSpecial(const uint16_t* a, const uint16_t* b, float c, float* result) {
  bool special = !std::isfinite(c), nan = std::isnan(c);
  bool plus = c > 0 && std::isinf(c), minus = c < 0 && std::isinf(c);
  for (int k = 0; k < kTensorCoreProducts; ++k) {
    const float x = T::ToFloat(a[k]), y = T::ToFloat(b[k]);
    if (std::isfinite(x) && std::isfinite(y)) continue;
    special = true;
    const bool invalid =
        std::isnan(x) || std::isnan(y) || (std::isinf(x) && y == 0) || (std::isinf(y) && x == 0);
    nan = nan || invalid;
    (std::signbit(x) != std::signbit(y) ? minus : plus) |= !invalid;
  }
  if (!special) return false;
  *result = nan || (plus && minus) ? BitsFloat(kNan) : plus ? INFINITY : -INFINITY;
  return true;
}

// 16 numbers of one row or column, and whether all are finite.
struct Vector {
  int64_t significands[kTensorCoreProducts];
  int exponents[kTensorCoreProducts];
  bool finite = true;
};

constexpr int kNoExponent = -1000;  // of zeros, which align nothing

template <typename T>
Vector UnpackVector(const uint16_t* bits) {
  Vector v;
  for (int k = 0; k < kTensorCoreProducts; ++k) {
    const Unpacked x = Unpack(bits[k], T::kFraction, T::kExponentBits);
    v.significands[k] = x.significand;
    v.exponents[k] = x.significand == 0 ? kNoExponent : x.exponent;
    v.finite = v.finite && std::isfinite(T::ToFloat(bits[k]));
  }
  return v;
}

template <typename T>
float StepFinite(const Vector& a, const Vector& b, float c) {
  const Unpacked last = Unpack(FloatBits(c), 23, 8);
  int highest = last.significand == 0 ? kNoExponent : last.exponent;
  for (int k = 0; k < kTensorCoreProducts; ++k)
    highest = std::max(highest, a.exponents[k] + b.exponents[k]);
  int64_t sum = ShiftRight(last.significand, 23 - kFractionBits + highest - last.exponent);
  for (int k = 0; k < kTensorCoreProducts; ++k) {
    sum += ShiftRight(a.significands[k] * b.significands[k],
                      2 * T::kFraction - kFractionBits + highest - a.exponents[k] - b.exponents[k]);
  }
  return CutToFloat(sum, highest - kFractionBits);
}

template <typename T>
float Step(const uint16_t* a, const uint16_t* b, float c) {
  float special;
  if (IsSpecial<T>(a, b, c, &special)) return special;
  return StepFinite<T>(UnpackVector<T>(a), UnpackVector<T>(b), c);
}

template <typename T>
void Mma(const uint16_t (&a)[16][16], const uint16_t (&b)[8][16], float (&d)[16][8]) {
  Vector rows[16], columns[8];
  for (int i = 0; i < 16; ++i) rows[i] = UnpackVector<T>(a[i]);
  for (int j = 0; j < 8; ++j) columns[j] = UnpackVector<T>(b[j]);
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < 8; ++j) {
      const bool finite = rows[i].finite && columns[j].finite && std::isfinite(d[i][j]);
      d[i][j] = finite ? StepFinite<T>(rows[i], columns[j], d[i][j]) : Step<T>(a[i], b[j], d[i][j]);
    }
  }
}

}  // namespace

float TensorCoreStepBF16(const uint16_t* a, const uint16_t* b, float c) {
  return Step<BF16>(a, b, c);
}

float TensorCoreStepF16(const uint16_t* a, const uint16_t* b, float c) {
  return Step<F16>(a, b, c);
}

void TensorCoreMmaBF16(const uint16_t (&a)[16][16], const uint16_t (&b)[8][16], float (&d)[16][8]) {
  Mma<BF16>(a, b, d);
}

void TensorCoreMmaF16(const uint16_t (&a)[16][16], const uint16_t (&b)[8][16], float (&d)[16][8]) {
  Mma<F16>(a, b, d);
}

}  // namespace baton
