#include "worker/model/gguf_quantize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace baton {
namespace {

std::string Quantize(GgmlType type, const std::vector<float>& values) {
  std::string bytes;
  QuantizeTo(type, values, &bytes);
  EXPECT_EQ(bytes.size(),
            values.size() / GetGgmlTypeInfo(type).block_size * GetGgmlTypeInfo(type).block_bytes);
  return bytes;
}

int Byte(const std::string& bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }

float HalfAt(const std::string& bytes, size_t offset) {
  return HalfToFloat(static_cast<uint16_t>(Byte(bytes, offset) | Byte(bytes, offset + 1) << 8));
}

// The elements of one block as gguf_types.h defines them.
std::vector<float> Dequantize(GgmlType type, const std::string& bytes) {
  std::vector<float> values(32);
  for (size_t i = 0; i < 32; ++i) {
    const auto nibble = [&](size_t codes) {
      const int byte = Byte(bytes, codes + i % 16);
      return static_cast<float>(i < 16 ? byte & 15 : byte >> 4);
    };
    if (type == GgmlType::kQ8_0) values[i] = HalfAt(bytes, 0) * static_cast<int8_t>(bytes[2 + i]);
    if (type == GgmlType::kQ4_0) values[i] = HalfAt(bytes, 0) * (nibble(2) - 8);
    if (type == GgmlType::kQ4_1) values[i] = HalfAt(bytes, 0) * nibble(4) + HalfAt(bytes, 2);
  }
  return values;
}

TEST(GgufQuantizeTest, HalvesRoundToNearestEven) {
  EXPECT_EQ(FloatToHalf(1.0f), 0x3c00);
  EXPECT_EQ(FloatToHalf(-2.0f), 0xc000);
  EXPECT_EQ(FloatToHalf(-0.0f), 0x8000);
  EXPECT_EQ(FloatToHalf(1.0f + 0x1p-11f), 0x3c00);             // tie, to even
  EXPECT_EQ(FloatToHalf(1.0f + 3 * 0x1p-11f), 0x3c02);         // tie, to even
  EXPECT_EQ(FloatToHalf(1.0f + 0x1p-11f + 0x1p-20f), 0x3c01);  // above the tie
  EXPECT_EQ(FloatToHalf(65519.0f), 0x7bff);
  EXPECT_EQ(FloatToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(FloatToHalf(0x1p-24f), 0x0001);
  EXPECT_EQ(FloatToHalf(0x1p-25f), 0x0000);    // tie, to even
  EXPECT_EQ(FloatToHalf(0x1.8p-24f), 0x0002);  // tie, to even
  EXPECT_EQ(FloatToHalf(0x1p-14f), 0x0400);
  EXPECT_EQ(FloatToHalf(0x1.ffcp-15f + 0x1p-25f), 0x0400);  // the largest denormal's tie: carries
  EXPECT_EQ(FloatToHalf(std::numeric_limits<float>::infinity()), 0x7c00);
  EXPECT_TRUE(std::isnan(HalfToFloat(FloatToHalf(std::nanf("")))));
}

TEST(GgufQuantizeTest, EveryHalfSurvivesTheRoundTrip) {
  for (uint32_t half = 0; half < 0x10000; ++half) {
    const float value = HalfToFloat(static_cast<uint16_t>(half));
    if (std::isnan(value)) continue;
    ASSERT_EQ(FloatToHalf(value), half) << value;
  }
}

TEST(GgufQuantizeTest, Bfloat16RoundsToNearestEven) {
  EXPECT_EQ(FloatToBfloat16(1.0f), 0x3f80);
  EXPECT_EQ(FloatToBfloat16(1.0f + 0x1p-8f), 0x3f80);      // tie, to even
  EXPECT_EQ(FloatToBfloat16(1.0f + 3 * 0x1p-8f), 0x3f82);  // tie, to even
  EXPECT_EQ(FloatToBfloat16(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_EQ(FloatToBfloat16(std::nanf("")) & 0x7fc0, 0x7fc0);
}

TEST(GgufQuantizeTest, F32IsKept) {
  const std::vector<float> values = {1.5f, -0.0f, 1e-40f};
  const std::string bytes = Quantize(GgmlType::kF32, values);
  EXPECT_EQ(std::memcmp(bytes.data(), values.data(), bytes.size()), 0);
}

TEST(GgufQuantizeTest, ErrorsAreWithinHalfAStep) {
  std::vector<float> values(32);
  for (size_t i = 0; i < 32; ++i) values[i] = std::sin(1.0f + 2.7f * static_cast<float>(i)) - 0.2f;
  // The steps: largest magnitude / 127; / 8; range / 15. A step of slack in f16's last bits; the
  // extreme opposite to Q4_0's has no code of its own, which costs it up to one step.
  struct Case {
    GgmlType type;
    float tolerance;
  };
  for (const Case& c :
       {Case{GgmlType::kQ8_0, 0.51f * 1.2f / 127}, Case{GgmlType::kQ4_0, 1.01f * 1.2f / 8},
        Case{GgmlType::kQ4_1, 0.52f * 2.0f / 15}}) {
    const std::vector<float> back = Dequantize(c.type, Quantize(c.type, values));
    float worst = 0;
    for (size_t i = 0; i < 32; ++i) worst = std::max(worst, std::fabs(back[i] - values[i]));
    EXPECT_LE(worst, c.tolerance) << GgmlTypeName(c.type);
    EXPECT_GT(worst, 0) << GgmlTypeName(c.type);
  }
}

TEST(GgufQuantizeTest, BlocksOfExactCodesComeBackExactly) {
  std::vector<float> values(32);
  for (size_t i = 0; i < 32; ++i) values[i] = static_cast<float>(i % 16) * 0.5f;
  EXPECT_EQ(Dequantize(GgmlType::kQ4_1, Quantize(GgmlType::kQ4_1, values)), values);
  for (float& value : values) value -= 4.0f;
  EXPECT_EQ(Dequantize(GgmlType::kQ4_0, Quantize(GgmlType::kQ4_0, values)), values);
  for (size_t i = 0; i < 32; ++i) values[i] = static_cast<float>(i * 4) * 0.25f + 3.0f - 31.75f;
  values[0] = -31.75f;  // 127 steps of a quarter
  EXPECT_EQ(Dequantize(GgmlType::kQ8_0, Quantize(GgmlType::kQ8_0, values)), values);
}

TEST(GgufQuantizeTest, ZerosStayZero) {
  const std::vector<float> zeros(32);
  for (GgmlType type : {GgmlType::kQ8_0, GgmlType::kQ4_0, GgmlType::kQ4_1}) {
    EXPECT_EQ(Dequantize(type, Quantize(type, zeros)), zeros) << GgmlTypeName(type);
  }
}

}  // namespace
}  // namespace baton
