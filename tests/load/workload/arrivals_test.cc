#include "tests/load/workload/arrivals.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "tests/load/workload/kolmogorov_smirnov.h"

namespace baton {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

ArrivalOptions Options(double rate, double burstiness, uint64_t seed) {
  ArrivalOptions options;
  options.rate = rate;
  options.burstiness = burstiness;
  options.seed = seed;
  return options;
}

ArrivalOptions Ramp(RateRamp::Shape shape, double start, double end, double burstiness = kInf) {
  ArrivalOptions options;
  options.burstiness = burstiness;
  options.ramp = RateRamp{shape, start, end};
  return options;
}

// In seconds, the first from 0.
std::vector<double> Intervals(const ArrivalOptions& options, size_t count) {
  std::vector<double> intervals;
  absl::Duration last;
  const std::vector<absl::Duration> arrivals = Arrivals(options, count).value();
  for (const absl::Duration at : arrivals) {
    intervals.push_back(absl::ToDoubleSeconds(at - last));
    last = at;
  }
  return intervals;
}

double Statistic(double shape, std::vector<double> intervals, double rate) {
  return KolmogorovStatistic(std::move(intervals), [&](double seconds) {
    return GammaCdf(shape, seconds * rate * shape);
  });
}

TEST(Arrivals, HaveGammaIntervalsOfTheAskedShapeAndRate) {
  for (const double shape : {0.25, 1.0, 4.0}) {
    for (uint64_t seed = 0; seed < 5; ++seed) {
      EXPECT_LT(Statistic(shape, Intervals(Options(7, shape, seed), 4000), 7),
                kKolmogorovOnePercent)
          << shape << " " << seed;
    }
  }
}

TEST(Arrivals, WouldBeCaughtWithOtherIntervals) {
  const double far = 2 * kKolmogorovOnePercent;
  EXPECT_GT(Statistic(1, Intervals(Options(7, 1.4, 1), 4000), 7), far);
  EXPECT_GT(Statistic(1, Intervals(Options(6, 1, 1), 4000), 7), far);
  std::vector<double> uniform(4000);
  for (size_t i = 0; i < uniform.size(); ++i) uniform[i] = 2 / 7.0 * (i + 0.5) / uniform.size();
  EXPECT_GT(Statistic(1, uniform, 7), far);
}

// A Poisson process's counts are as spread as their mean, which stretching to a fixed end undoes.
TEST(Arrivals, OfABurstinessOfOneHaveThePoissonProcesssCounts) {
  double sum = 0, squares = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    const auto arrivals = Arrivals(Options(1, 1, seed), 100).value();
    const double count = std::count_if(arrivals.begin(), arrivals.end(),
                                       [](absl::Duration at) { return at < absl::Seconds(50); });
    sum += count;
    squares += count * count;
  }
  const double mean = sum / 2000, variance = squares / 2000 - mean * mean;
  EXPECT_NEAR(mean, 50, 0.6);
  EXPECT_NEAR(variance, 50, 6);  // stretched, it would be 25
}

TEST(Arrivals, AreConstantOrAllAtOnceAtInfinity) {
  EXPECT_EQ(Arrivals(Options(4, kInf, 1), 3).value(),
            (std::vector<absl::Duration>{absl::Milliseconds(250), absl::Milliseconds(500),
                                         absl::Milliseconds(750)}));
  EXPECT_EQ(Arrivals(Options(kInf, 0.5, 1), 2).value(), (std::vector<absl::Duration>(2)));
  EXPECT_TRUE(Arrivals(Options(4, 1, 1), 0).value().empty());
}

TEST(Arrivals, RampOverTheRequests) {
  const auto linear = Intervals(Ramp(RateRamp::Shape::kLinear, 1, 5), 5);
  const auto exponential = Intervals(Ramp(RateRamp::Shape::kExponential, 1, 16), 5);
  for (int i = 0; i < 5; ++i) {
    EXPECT_NEAR(linear[i], 1.0 / (1 + i), 1e-9);
    EXPECT_NEAR(exponential[i], 1.0 / (1 << i), 1e-9);
  }
  EXPECT_NEAR(Intervals(Ramp(RateRamp::Shape::kLinear, 2, 9), 1)[0], 0.5, 1e-9);  // one request
  const auto drawn = Intervals(Ramp(RateRamp::Shape::kLinear, 1, 100, 1), 4000);
  double first = 0, last = 0;
  for (int i = 0; i < 400; ++i) first += drawn[i], last += drawn[3999 - i];
  // The sums of 1 / rate over the two tenths.
  EXPECT_NEAR(first / last, std::log(10.9) / std::log(100 / 90.1), 3);
}

TEST(Arrivals, DependOnTheSeedAlone) {
  EXPECT_EQ(Arrivals(Options(5, 0.5, 7), 50).value(), Arrivals(Options(5, 0.5, 7), 50).value());
  EXPECT_NE(Arrivals(Options(5, 0.5, 7), 50).value(), Arrivals(Options(5, 0.5, 8), 50).value());
}

TEST(Arrivals, AreTheSameOnEveryMachine) {
  const auto first = [](double burstiness) {
    const auto at = Arrivals(Options(10, burstiness, 42), 3).value();
    return std::vector<int64_t>{absl::ToInt64Nanoseconds(at[0]), absl::ToInt64Nanoseconds(at[1]),
                                absl::ToInt64Nanoseconds(at[2])};
  };
  EXPECT_EQ(first(1), (std::vector<int64_t>{7321069, 39010794, 84068886}));
  EXPECT_EQ(first(0.25), (std::vector<int64_t>{313274336, 327337135, 811873898}));
  EXPECT_EQ(first(4), (std::vector<int64_t>{106448568, 253137222, 449893318}));
}

TEST(Arrivals, NameTheOptionThatIsOutOfRange) {
  const struct {
    ArrivalOptions options;
    const char* message;
  } cases[] = {
      {Options(0, 1, 1), "--request-rate: 0 is out of range; expected at least 1e-06, or inf"},
      {Options(std::nan(""), 1, 1), "--request-rate: nan"},
      {Options(1, -1, 1), "--burstiness: -1 is out of range; expected at least 0.001, or inf"},
      {Ramp(RateRamp::Shape::kLinear, 0, 1), "--ramp-up-start-rps: 0"},
      {Ramp(RateRamp::Shape::kLinear, 5, 1),
       "--ramp-up-end-rps: 1 is out of range; expected a finite number of at least the start's 5"},
      {Ramp(RateRamp::Shape::kExponential, 1, kInf), "--ramp-up-end-rps: inf"},
  };
  for (const auto& c : cases) {
    const auto arrivals = Arrivals(c.options, 3);
    EXPECT_EQ(arrivals.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(arrivals.status().message()).rfind(c.message, 0), 0u)
        << arrivals.status();
  }
}

TEST(PoissonArrivals, HasTheRateAndTheSpreadOfAPoissonProcess) {
  const auto arrivals = PoissonArrivals(50, absl::Seconds(1000), 1);
  EXPECT_NEAR(arrivals.size(), 50000, 1000);
  EXPECT_LT(arrivals.back(), absl::Seconds(1000));
  std::vector<double> gaps;
  for (size_t i = 1; i < arrivals.size(); ++i) {
    gaps.push_back(absl::ToDoubleSeconds(arrivals[i] - arrivals[i - 1]));
  }
  EXPECT_LT(Statistic(1, gaps, 50), kKolmogorovOnePercent);
}

TEST(PoissonArrivals, DependOnTheSeedAlone) {
  EXPECT_EQ(PoissonArrivals(5, absl::Seconds(9), 7), PoissonArrivals(5, absl::Seconds(9), 7));
  EXPECT_NE(PoissonArrivals(5, absl::Seconds(9), 7), PoissonArrivals(5, absl::Seconds(9), 8));
}

TEST(RandomPrompt, IsWithinTheRangeAndDifferentForEachRequest) {
  std::set<std::vector<uint32_t>> prompts;
  for (uint64_t i = 0; i < 100; ++i) {
    prompts.insert(RandomPrompt(1, i, 4, 3, 258));
    for (const uint32_t id : RandomPrompt(1, i, 50, 3, 5)) EXPECT_TRUE(id >= 3 && id <= 5);
  }
  EXPECT_EQ(prompts.size(), 100u);
  EXPECT_EQ(RandomPrompt(1, 5, 9, 0, 1000), RandomPrompt(1, 5, 9, 0, 1000));
}

}  // namespace
}  // namespace baton
