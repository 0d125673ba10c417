#include "tests/load/workload/fixed_math.h"

#include <cmath>

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(FixedMath, AgreesWithTheLibraryToAFewUnitsInTheLastPlace) {
  for (double x = 1e-300; x < 1e300; x *= 1.37) {
    EXPECT_NEAR(FixedLog(x), std::log(x), std::abs(std::log(x)) * 1e-15) << x;
  }
  for (double x = 0.5; x < 2; x += 0.000731) {
    EXPECT_NEAR(FixedLog(x), std::log(x), std::abs(std::log(x)) * 1e-15 + 1e-17) << x;
  }
  for (double x = -700; x < 700; x += 0.0317) {
    EXPECT_NEAR(FixedExp(x), std::exp(x), std::exp(x) * 1e-15) << x;
  }
}

TEST(FixedMath, HasTheRightEnds) {
  EXPECT_EQ(FixedLog(1), 0);
  EXPECT_EQ(FixedExp(0), 1);
  EXPECT_EQ(FixedExp(-1e9), 0);
  EXPECT_TRUE(std::isinf(FixedExp(1e9)));
  EXPECT_LT(FixedLog(std::ldexp(1.0, -1074)), -744);  // the smallest double
}

TEST(FixedMath, GivesTheSameBitsEverywhere) {
  EXPECT_EQ(FixedLog(10), 0x1.26bb1bbb55516p+1);
  EXPECT_EQ(FixedLog(0.3), -0x1.34378fcbda721p+0);
  EXPECT_EQ(FixedExp(1), 0x1.5bf0a8b14576ap+1);
  EXPECT_EQ(FixedExp(-7.25), 0x1.7455fe323fafep-11);
}

}  // namespace
}  // namespace baton
