// Conversions between float and its 16-bit relatives, by integer arithmetic: the same bits on every
// machine. Rounding is to nearest, ties to even; NaNs become quiet.
#ifndef BATON_KERNELS_FLOAT_BITS_H_
#define BATON_KERNELS_FLOAT_BITS_H_

#include <cstdint>
#include <cstring>

#include "kernels/host_device.h"

namespace baton {

BATON_HOST_DEVICE inline uint32_t FloatBits(float x) {
  uint32_t u;
  std::memcpy(&u, &x, 4);
  return u;
}

BATON_HOST_DEVICE inline float BitsFloat(uint32_t u) {
  float x;
  std::memcpy(&x, &u, 4);
  return x;
}

// The 16 bits at p, which needs no alignment.
BATON_HOST_DEVICE inline uint16_t Load16(const uint8_t* p) {
  uint16_t v;
  std::memcpy(&v, p, 2);
  return v;
}

// IEEE 754 binary16 to binary32: exact.
BATON_HOST_DEVICE inline float F16ToF32(uint16_t h) {
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16;
  const uint32_t exponent = (h >> 10) & 0x1f;
  uint32_t mantissa = h & 0x3ffu;
  if (exponent == 0x1f) {
    const uint32_t quiet = mantissa != 0 ? 0x400000u : 0;
    return BitsFloat(sign | 0x7f800000u | (mantissa << 13) | quiet);
  }
  if (exponent != 0) return BitsFloat(sign | ((exponent + 112) << 23) | (mantissa << 13));
  // Zero or subnormal: mantissa · 2^-24, exact in binary32.
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return BitsFloat(sign | FloatBits(magnitude));
}

// binary32 to binary16; too large becomes infinity.
BATON_HOST_DEVICE inline uint16_t F32ToF16(float x) {
  const uint32_t u = FloatBits(x);
  const uint16_t sign = static_cast<uint16_t>((u >> 16) & 0x8000u);
  const uint32_t magnitude = u & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {  // NaN
    return static_cast<uint16_t>(sign | 0x7e00u | ((magnitude >> 13) & 0x3ffu));
  }
  if (magnitude >= 0x477ff000u) return sign | 0x7c00u;  // rounds to 65536 or more
  if (magnitude < 0x38800000u) {                        // below 2^-14: subnormal or zero
    // Adding 0.5 puts the unit of the last place at 2^-24: the addition rounds as wanted.
    const float shifted = BitsFloat(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (FloatBits(shifted) - 0x3f000000u));
  }
  const uint32_t odd = (magnitude >> 13) & 1u;
  return static_cast<uint16_t>(sign | ((magnitude - 0x38000000u + 0xfffu + odd) >> 13));
}

BATON_HOST_DEVICE inline float BF16ToF32(uint16_t b) {
  return BitsFloat(static_cast<uint32_t>(b) << 16);
}

BATON_HOST_DEVICE inline uint16_t F32ToBF16(float x) {
  const uint32_t u = FloatBits(x);
  if ((u & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((u >> 16) | 0x40u);
  return static_cast<uint16_t>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
}

}  // namespace baton

#endif  // BATON_KERNELS_FLOAT_BITS_H_
