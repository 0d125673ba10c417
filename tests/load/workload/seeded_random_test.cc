#include "tests/load/workload/seeded_random.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <set>

#include "gtest/gtest.h"
#include "tests/load/workload/kolmogorov_smirnov.h"

namespace baton {
namespace {

std::vector<double> Draw(uint64_t seed, const std::function<double(SeededRandom*)>& draw) {
  SeededRandom random({seed});
  std::vector<double> samples(5000);
  for (double& sample : samples) sample = draw(&random);
  return samples;
}

// Holds the draws of several seeds against a distribution.
void ExpectDrawnFrom(const std::function<double(SeededRandom*)>& draw,
                     const std::function<double(double)>& cdf) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    EXPECT_LT(KolmogorovStatistic(Draw(seed, draw), cdf), kKolmogorovOnePercent) << seed;
  }
}

TEST(GammaCdf, HasKnownValues) {
  EXPECT_NEAR(GammaCdf(1, 0.7), 1 - std::exp(-0.7), 1e-14);
  EXPECT_NEAR(GammaCdf(1, 7), 1 - std::exp(-7.0), 1e-14);
  EXPECT_NEAR(GammaCdf(0.5, 0.3), std::erf(std::sqrt(0.3)), 1e-13);
  EXPECT_NEAR(GammaCdf(0.5, 4), std::erf(2.0), 1e-13);
  EXPECT_NEAR(GammaCdf(4, 6), 1 - std::exp(-6.0) * (1 + 6 + 18 + 36), 1e-13);
  EXPECT_EQ(GammaCdf(2, 0), 0);
}

TEST(SeededRandom, DrawsFromItsDistributions) {
  ExpectDrawnFrom([](SeededRandom* r) { return r->Uniform(); }, [](double x) { return x; });
  ExpectDrawnFrom([](SeededRandom* r) { return r->Exponential(); },
                  [](double x) { return 1 - std::exp(-x); });
  ExpectDrawnFrom([](SeededRandom* r) { return r->Normal(); },
                  [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); });
  for (const double shape : {0.25, 0.5, 1.0, 4.0, 50.0}) {
    ExpectDrawnFrom([&](SeededRandom* r) { return r->Gamma(shape); },
                    [&](double x) { return GammaCdf(shape, x); });
  }
}

TEST(SeededRandom, WouldBeCaughtDrawingFromAnother) {
  const auto far = 2 * kKolmogorovOnePercent;
  const auto uniform = [](SeededRandom* r) { return 2 * r->Uniform(); };  // of mean 1
  EXPECT_GT(KolmogorovStatistic(Draw(1, uniform), [](double x) { return GammaCdf(1, x); }), far);
  const auto gamma = [](SeededRandom* r) { return r->Gamma(1.2) / 1.2; };
  EXPECT_GT(KolmogorovStatistic(Draw(1, gamma), [](double x) { return GammaCdf(1, x); }), far);
}

TEST(SeededRandom, DrawsIntegersOfTheWholeRangeAndOfNoOther) {
  SeededRandom random({1});
  std::vector<int> counts(7);
  for (int i = 0; i < 7000; ++i) ++counts.at(random.Integer(10, 16) - 10);
  for (const int count : counts) EXPECT_NEAR(count, 1000, 120);
  EXPECT_EQ(random.Integer(5, 5), 5u);
  EXPECT_NE(random.Integer(0, UINT64_MAX), random.Integer(0, UINT64_MAX));
}

TEST(SeededRandom, ChancesAreCertainAtTheirEnds) {
  SeededRandom random({1});
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(random.Chance(0));
    EXPECT_TRUE(random.Chance(1));
  }
}

TEST(SeededRandom, ShufflesIntoAnyOrder) {
  std::vector<int> items(5);
  std::iota(items.begin(), items.end(), 0);
  std::set<std::vector<int>> orders;
  SeededRandom random({1});
  for (int i = 0; i < 3000; ++i) {
    random.Shuffle(&items);
    orders.insert(items);
  }
  EXPECT_EQ(orders.size(), 120u);
}

TEST(SeededRandom, HasAStreamForEachKey) {
  std::set<uint64_t> firsts;
  for (uint64_t a = 0; a < 10; ++a) {
    firsts.insert(SeededRandom({a}).Bits());
    for (uint64_t b = 0; b < 10; ++b) firsts.insert(SeededRandom({a, b}).Bits());
  }
  EXPECT_EQ(firsts.size(), 110u);
}

TEST(SeededRandom, GivesTheSameNumbersEverywhere) {
  SeededRandom random({1, kSeedArrivals});
  EXPECT_EQ(random.Bits(), 13104635781408984477u);
  EXPECT_EQ(random.Uniform(), 0x1.d3ce00f7f8927p-1);
  EXPECT_EQ(random.Integer(0, 999), 94u);
  EXPECT_EQ(random.Normal(), -0x1.b40132f74ce38p-2);
  EXPECT_EQ(random.Gamma(0.25), 0x1.aad837fa5ccf3p-9);
}

}  // namespace
}  // namespace baton
