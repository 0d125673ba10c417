// Elementary functions whose bits are ours: they use only IEEE operations and explicit fused
// multiply-adds, so they do not depend on a libm. ExpF32 is part of the arithmetic of attention,
// SiLU and sampling; the vector versions in kernels/cpu/avx512 compute the same bits.
#ifndef BATON_KERNELS_ELEMENTARY_H_
#define BATON_KERNELS_ELEMENTARY_H_

#include <cmath>
#include <cstdint>

#include "kernels/float_bits.h"
#include "kernels/host_device.h"

namespace baton {

// Constants of ExpF32: exp(x) = 2^n · p(r), n = round(x·log2 e), r = x − n·ln 2 in two steps, p of
// degree 6 (Taylor coefficients; relative error below 2 ulp on |r| ≤ ln2/2).
struct ExpConstants {
  static constexpr float kLog2E = 0x1.715476p+0f;
  static constexpr float kLn2High = 0x1.62e4p-1f;
  static constexpr float kLn2Low = 0x1.7f7d1cp-20f;
  static constexpr float kMax = 0x1.62e42ep+6f;   // above: infinity
  static constexpr float kMin = -0x1.5d589ep+6f;  // below: zero (no subnormal results)
  static constexpr float kC6 = 0x1.6c16c2p-10f;   // 1/720
  static constexpr float kC5 = 0x1.111112p-7f;    // 1/120
  static constexpr float kC4 = 0x1.555556p-5f;    // 1/24
  static constexpr float kC3 = 0x1.555556p-3f;    // 1/6
  static constexpr float kC2 = 0.5f;
};

// e^x. NaN gives NaN, above kMax infinity, below kMin (−infinity included) exactly 0.
BATON_HOST_DEVICE inline float ExpF32(float x) {
  using C = ExpConstants;
  if (!(x >= C::kMin)) return x != x ? x : 0.0f;
  if (x > C::kMax) return BitsFloat(0x7f800000u);
  const float n = std::nearbyintf(x * C::kLog2E);
  float r = std::fmaf(n, -C::kLn2High, x);
  r = std::fmaf(n, -C::kLn2Low, r);
  float p = C::kC6;
  p = std::fmaf(p, r, C::kC5);
  p = std::fmaf(p, r, C::kC4);
  p = std::fmaf(p, r, C::kC3);
  p = std::fmaf(p, r, C::kC2);
  p = std::fmaf(p, r, 1.0f);
  p = std::fmaf(p, r, 1.0f);
  // 2^n in two factors, since n reaches 128.
  const int32_t half = static_cast<int32_t>(n) >> 1;
  const int32_t rest = static_cast<int32_t>(n) - half;
  p *= BitsFloat(static_cast<uint32_t>(half + 127) << 23);
  p *= BitsFloat(static_cast<uint32_t>(rest + 127) << 23);
  return p;
}

// Natural logarithm of a positive normal number, to about 1e-15.
double LogF64(double x);

// e^x for |x| ≤ 700, to about 1e-15.
double ExpF64(double x);

// sin and cos of x, 0 ≤ x ≤ 2^20, to about 1e-12 absolutely.
void SinCosF64(double x, double* sin, double* cos);

}  // namespace baton

#endif  // BATON_KERNELS_ELEMENTARY_H_
