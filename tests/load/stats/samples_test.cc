#include "tests/load/stats/samples.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(SamplesTest, NothingIsZero) {
  const Samples samples;
  EXPECT_EQ(samples.count(), 0u);
  for (const double value :
       {samples.mean(), samples.stddev(), samples.min(), samples.max(), samples.Percentile(50)}) {
    EXPECT_EQ(value, 0);
  }
}

// numpy.percentile([1, 2, 3, 10], [0, 25, 50, 90, 99, 100]) and numpy.std.
TEST(SamplesTest, PercentilesAreNumpys) {
  Samples samples;
  for (const int ms : {10, 1, 3, 2}) samples.Add(absl::Milliseconds(ms));
  EXPECT_DOUBLE_EQ(samples.Percentile(0), 1);
  EXPECT_DOUBLE_EQ(samples.Percentile(25), 1.75);
  EXPECT_DOUBLE_EQ(samples.Percentile(50), 2.5);
  EXPECT_NEAR(samples.Percentile(90), 7.9, 1e-9);
  EXPECT_NEAR(samples.Percentile(99), 9.79, 1e-9);
  EXPECT_DOUBLE_EQ(samples.Percentile(100), 10);
  EXPECT_DOUBLE_EQ(samples.mean(), 4);
  EXPECT_NEAR(samples.stddev(), 3.5355339059327378, 1e-9);
}

TEST(SamplesTest, OneSampleIsEveryPercentile) {
  Samples samples;
  samples.AddMicros(1234567);
  for (const double p : {0.0, 1.0, 50.0, 99.9, 100.0}) {
    EXPECT_DOUBLE_EQ(samples.Percentile(p), 1234.567);
  }
}

// Over five powers of ten, a histogram's percentiles are within 1/1024 of the exact ones.
TEST(SamplesTest, BeyondTheCapPercentilesStayClose) {
  Samples exact, counted(1000);
  std::mt19937_64 engine(1);
  for (int i = 0; i < 200000; ++i) {
    const double unit = static_cast<double>(engine() >> 11) * std::ldexp(1.0, -53);
    const auto us = static_cast<uint32_t>(std::pow(10, 1 + 6 * unit));
    exact.AddMicros(us);
    counted.AddMicros(us);
  }
  EXPECT_FALSE(exact.is_histogram());
  EXPECT_TRUE(counted.is_histogram());
  for (double p = 0; p <= 100; p += 0.5) {
    EXPECT_NEAR(counted.Percentile(p) / exact.Percentile(p), 1, 1.0 / 1024) << p;
  }
  EXPECT_DOUBLE_EQ(counted.mean(), exact.mean());
  EXPECT_DOUBLE_EQ(counted.max(), exact.max());
}

TEST(SamplesTest, TheLargestDurationsHaveABucket) {
  Samples samples(0);
  samples.Add(absl::InfiniteDuration());
  samples.AddMicros(UINT32_MAX - 1);
  samples.AddMicros(0);
  EXPECT_DOUBLE_EQ(samples.max(), UINT32_MAX / 1000.0);
  EXPECT_DOUBLE_EQ(samples.Percentile(0), 0);
}

TEST(SamplesTest, SamplesOfTwoAreSamplesOfAll) {
  for (const size_t cap : {size_t{10}, Samples::kDefaultCap}) {
    Samples all(cap), odd(cap), even(cap);
    for (uint32_t i = 1; i <= 1000; ++i) {
      all.AddMicros(i * 37);
      (i % 2 == 0 ? even : odd).AddMicros(i * 37);
    }
    odd.AddAll(even);
    EXPECT_EQ(odd.count(), all.count());
    EXPECT_DOUBLE_EQ(odd.mean(), all.mean());
    EXPECT_DOUBLE_EQ(odd.stddev(), all.stddev());
    EXPECT_DOUBLE_EQ(odd.min(), all.min());
    EXPECT_DOUBLE_EQ(odd.max(), all.max());
    for (const double p : {0.0, 10.0, 50.0, 99.0, 100.0}) {
      EXPECT_NEAR(odd.Percentile(p), all.Percentile(p), all.Percentile(p) / 1000) << p;
    }
  }
}

TEST(SamplesTest, ManyEqualSamplesAtOnce) {
  Samples at_once, each;
  at_once.AddMicros(500, 7);
  for (int i = 0; i < 7; ++i) each.AddMicros(500);
  EXPECT_EQ(at_once.count(), each.count());
  EXPECT_DOUBLE_EQ(at_once.Percentile(99), each.Percentile(99));
}

}  // namespace
}  // namespace baton
