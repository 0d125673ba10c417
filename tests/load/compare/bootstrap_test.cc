#include "tests/load/compare/bootstrap.h"

#include <cmath>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace baton {
namespace {

// The share of 400 intervals of `num_pairs` log-normal ratios that hold the true one.
double Coverage(size_t num_pairs, double truth) {
  std::mt19937_64 engine(20261128);
  const auto uniform = [&] { return (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53; };
  int held = 0;
  constexpr int kTrials = 400;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> ratios;
    for (size_t i = 0; i < num_pairs; ++i) {
      const double normal = std::sqrt(-2 * std::log(uniform())) * std::cos(2 * M_PI * uniform());
      ratios.push_back(truth * std::exp(0.1 * normal));
    }
    const RatioInterval interval = BootstrapInterval(ratios, {2000, static_cast<uint64_t>(trial)});
    held += interval.low <= truth && truth <= interval.high;
  }
  return 1.0 * held / kTrials;
}

TEST(BootstrapTest, NineteenOfTwentyIntervalsHoldTheTruth) {
  for (const size_t num_pairs : {5, 6, 8, 10, 20, 40}) {
    const double coverage = Coverage(num_pairs, 1.07);
    EXPECT_GE(coverage, 0.90) << num_pairs;
    EXPECT_LE(coverage, 0.98) << num_pairs;
  }
}

TEST(BootstrapTest, TailsTendToTwoAndAHalfPercent) {
  EXPECT_NEAR(BootstrapTail(5), 0.00097, 5e-5);  // t = 2.776
  EXPECT_NEAR(BootstrapTail(20), 0.0159, 2e-4);  // t = 2.093
  EXPECT_NEAR(BootstrapTail(100000), 0.025, 1e-5);
}

TEST(BootstrapTest, GeometricMean) {
  EXPECT_DOUBLE_EQ(GeometricMean({2.0}), 2);
  EXPECT_DOUBLE_EQ(GeometricMean({0.5, 2.0}), 1);
  EXPECT_NEAR(GeometricMean({1, 10, 100}), 10, 1e-12);
}

TEST(BootstrapTest, EqualRatiosLeaveNoDoubt) {
  const RatioInterval interval = BootstrapInterval({1.25, 1.25, 1.25, 1.25, 1.25}, {});
  EXPECT_NEAR(interval.low, 1.25, 1e-12);
  EXPECT_NEAR(interval.high, 1.25, 1e-12);
}

TEST(BootstrapTest, TheIntervalLiesAmongTheRatiosAndAroundTheirMean) {
  const std::vector<double> ratios = {1.10, 1.05, 1.20, 0.98, 1.07, 1.12};
  const RatioInterval interval = BootstrapInterval(ratios, {});
  EXPECT_GE(interval.low, 0.98);
  EXPECT_LE(interval.high, 1.20);
  EXPECT_LT(interval.low, GeometricMean(ratios));
  EXPECT_GT(interval.high, GeometricMean(ratios));
}

TEST(BootstrapTest, TheSeedDecidesTheDraws) {
  const std::vector<double> ratios = {1.10, 1.05, 1.20, 0.98, 1.07};
  const RatioInterval a = BootstrapInterval(ratios, {100, 1}),
                      b = BootstrapInterval(ratios, {100, 1});
  const RatioInterval c = BootstrapInterval(ratios, {100, 2});
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  EXPECT_TRUE(a.low != c.low || a.high != c.high);
}

TEST(BootstrapTest, TurningTheRatiosTurnsTheInterval) {
  const RatioInterval interval = BootstrapInterval({1.10, 1.05, 1.20, 0.98, 1.07}, {});
  const RatioInterval turned =
      BootstrapInterval({1 / 1.10, 1 / 1.05, 1 / 1.20, 1 / 0.98, 1 / 1.07}, {});
  EXPECT_NEAR(turned.low, 1 / interval.high, 1e-9);
  EXPECT_NEAR(turned.high, 1 / interval.low, 1e-9);
}

}  // namespace
}  // namespace baton
