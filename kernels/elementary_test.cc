#include "kernels/elementary.h"

#include <cmath>

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(ExpF32, IsWithinTwoUlpOfTheTrueValue) {
  for (double x = -87.0; x < 88.0; x += 0.00137) {
    const float xf = static_cast<float>(x);
    const double want = std::exp(static_cast<double>(xf));
    EXPECT_NEAR(ExpF32(xf) / want, 1.0, 2.4e-7) << xf;
  }
}

TEST(ExpF32, DefinesItsEdges) {
  EXPECT_EQ(ExpF32(0.0f), 1.0f);
  EXPECT_EQ(ExpF32(-INFINITY), 0.0f);
  EXPECT_EQ(ExpF32(-1000.0f), 0.0f);
  EXPECT_EQ(ExpF32(1000.0f), INFINITY);
  EXPECT_EQ(ExpF32(INFINITY), INFINITY);
  EXPECT_TRUE(std::isnan(ExpF32(NAN)));
  EXPECT_TRUE(std::isfinite(ExpF32(ExpConstants::kMax)));
  EXPECT_GE(ExpF32(ExpConstants::kMin), 0x1p-126f);
}

TEST(DoubleFunctions, AgreeWithTheLibrary) {
  for (double x = 0.001; x < 1e6; x *= 1.01)
    EXPECT_NEAR(LogF64(x), std::log(x), 4e-15 * (1 + std::fabs(std::log(x))));
  for (double x = -50; x < 50; x += 0.01) EXPECT_NEAR(ExpF64(x) / std::exp(x), 1.0, 1e-14);
  for (double x = 0; x < 1e6; x = x * 1.001 + 0.01) {
    double s, c;
    SinCosF64(x, &s, &c);
    ASSERT_NEAR(s, std::sin(x), 1e-11) << x;
    ASSERT_NEAR(c, std::cos(x), 1e-11) << x;
  }
}

TEST(FloatBits, HalfRoundTripsAndRoundsToNearestEven) {
  for (uint32_t h = 0; h < 65536; ++h) {
    const float x = F16ToF32(static_cast<uint16_t>(h));
    if (std::isnan(x)) continue;
    EXPECT_EQ(F32ToF16(x), h);
  }
  EXPECT_EQ(F32ToF16(1.0f + 0x1p-11f), 0x3c00);  // a tie goes to even
  EXPECT_EQ(F32ToF16(1.0f + 3 * 0x1p-11f), 0x3c02);
  EXPECT_EQ(F32ToF16(65519.9f), 0x7bff);
  EXPECT_EQ(F32ToF16(65520.0f), 0x7c00);
  EXPECT_EQ(F32ToF16(0x1p-25f), 0);
  EXPECT_EQ(F32ToF16(0x1.8p-25f), 1);
  for (uint32_t b = 0; b < 65536; ++b) {
    const float x = BF16ToF32(static_cast<uint16_t>(b));
    if (std::isnan(x)) continue;
    EXPECT_EQ(F32ToBF16(x), b);
  }
}

}  // namespace
}  // namespace baton
