#include "worker/model/gguf_quantize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "common/check.h"

namespace baton {
namespace {

constexpr size_t kBlock = 32;  // elements in a block of each quantised type here

template <typename T>
void Append(T value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

float Inverse(float scale) { return scale != 0 ? 1.0f / scale : 0.0f; }

void AppendQ8_0(const float* x, std::string* out) {
  float amax = 0;
  for (size_t i = 0; i < kBlock; ++i) amax = std::max(amax, std::fabs(x[i]));
  const float scale = amax / 127.0f;
  const float inverse = Inverse(scale);
  Append(FloatToHalf(scale), out);
  for (size_t i = 0; i < kBlock; ++i) Append(static_cast<int8_t>(std::round(x[i] * inverse)), out);
}

// `code` maps an element to 0..15; element i < 16 goes into the low half of byte i, element i + 16
// into the high half.
template <typename Code>
void AppendNibbles(const float* x, Code code, std::string* out) {
  for (size_t i = 0; i < kBlock / 2; ++i) {
    Append(static_cast<uint8_t>(code(x[i]) | code(x[i + kBlock / 2]) << 4), out);
  }
}

int ClampNibble(float value) { return std::clamp(static_cast<int>(value), 0, 15); }

void AppendQ4_0(const float* x, std::string* out) {
  float extreme = 0;  // the value of largest magnitude, with its sign
  for (size_t i = 0; i < kBlock; ++i) {
    if (std::fabs(x[i]) > std::fabs(extreme)) extreme = x[i];
  }
  const float scale = extreme / -8.0f;
  const float inverse = Inverse(scale);
  Append(FloatToHalf(scale), out);
  AppendNibbles(
      x, [=](float v) { return ClampNibble(v * inverse + 8.5f); }, out);
}

void AppendQ4_1(const float* x, std::string* out) {
  const float low = *std::min_element(x, x + kBlock);
  const float high = *std::max_element(x, x + kBlock);
  const float scale = (high - low) / 15.0f;
  const float inverse = Inverse(scale);
  Append(FloatToHalf(scale), out);
  Append(FloatToHalf(low), out);
  AppendNibbles(
      x, [=](float v) { return ClampNibble((v - low) * inverse + 0.5f); }, out);
}

}  // namespace

uint16_t FloatToHalf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  const uint32_t sign = bits >> 16 & 0x8000;
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return static_cast<uint16_t>(sign | 0x7e00);   // NaN
  if (magnitude >= 0x477ff000) return static_cast<uint16_t>(sign | 0x7c00);  // 65520 and above
  if (magnitude < 0x38800000) {
    // Below 2^-14 halves are the multiples of 2^-24; the scaling is exact.
    float absolute;
    std::memcpy(&absolute, &magnitude, sizeof(absolute));
    return static_cast<uint16_t>(sign | static_cast<uint32_t>(std::nearbyint(absolute * 0x1p24f)));
  }
  // Normal: drop 13 bits of the mantissa, to nearest, ties to even, and move the exponent's bias
  // from 127 to 15.
  const uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  return static_cast<uint16_t>(sign | ((rounded - (112u << 23)) >> 13));
}

float HalfToFloat(uint16_t half) {
  const float sign = half & 0x8000 ? -1.0f : 1.0f;
  const int exponent = half >> 10 & 0x1f;
  const int mantissa = half & 0x3ff;
  if (exponent == 31) return sign * (mantissa != 0 ? NAN : INFINITY);
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -24);
  return sign * std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
}

uint16_t FloatToBfloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  if ((bits & 0x7fffffff) > 0x7f800000) return static_cast<uint16_t>(bits >> 16 | 0x40);  // NaN
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

void QuantizeTo(GgmlType type, absl::Span<const float> values, std::string* out) {
  BATON_CHECK(IsSupportedWeightType(type));
  const size_t block = GetGgmlTypeInfo(type).block_size;
  BATON_CHECK(values.size() % block == 0);
  for (size_t i = 0; i < values.size(); i += block) {
    const float* x = values.data() + i;
    switch (type) {
      case GgmlType::kF16:
        Append(FloatToHalf(*x), out);
        break;
      case GgmlType::kBF16:
        Append(FloatToBfloat16(*x), out);
        break;
      case GgmlType::kQ8_0:
        AppendQ8_0(x, out);
        break;
      case GgmlType::kQ4_0:
        AppendQ4_0(x, out);
        break;
      case GgmlType::kQ4_1:
        AppendQ4_1(x, out);
        break;
      default:
        Append(*x, out);
    }
  }
}

}  // namespace baton
