#include "tests/load/workload/deadline_spec.h"

#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/load/workload/kolmogorov_smirnov.h"

namespace baton {
namespace {

// In milliseconds.
std::vector<double> Draw(const char* text) {
  const DeadlineSpec spec = ParseDeadlineSpec(text).value();
  SeededRandom random({7});
  std::vector<double> draws(3000);
  for (double& draw : draws) draw = absl::ToDoubleMilliseconds(spec.Draw(&random));
  return draws;
}

TEST(DeadlineSpec, DrawsFromItsDistribution) {
  EXPECT_EQ(Draw("500"), std::vector<double>(3000, 500.0));
  EXPECT_TRUE(std::isinf(Draw("")[0]));
  EXPECT_LT(KolmogorovStatistic(Draw("uniform:100:1000"), [](double x) { return (x - 100) / 900; }),
            kKolmogorovOnePercent);
  EXPECT_LT(KolmogorovStatistic(Draw("exp:5e4"), [](double x) { return 1 - std::exp(-x / 5e4); }),
            kKolmogorovOnePercent);
  const auto cdf = [](double x) {
    return 0.5 * std::erfc(-std::log(x / 500) / 0.8 / std::sqrt(2));
  };
  EXPECT_LT(KolmogorovStatistic(Draw("lognormal:500:0.8"), cdf), kKolmogorovOnePercent);
}

TEST(DeadlineSpec, IsNeverBelowAMillisecond) {
  for (const double ms : Draw("exp:0.5")) EXPECT_GE(ms, 1);
  EXPECT_EQ(Draw("0.001")[0], 1);
}

TEST(ParseDeadlineSpec, SaysWhatIsWrong) {
  const std::string forms =
      " is no distribution of milliseconds; expected one like 500, uniform:100:1000, exp:500 or "
      "lognormal:500:0.8";
  const struct {
    const char* text;
    std::string message;
  } cases[] = {
      {"fast", "\"fast\"" + forms},
      {"uniform:5", "\"uniform:5\"" + forms},
      {"exp:5:6", "\"exp:5:6\"" + forms},
      {":5", "\":5\"" + forms},
      {"exp:", "found \"\"; expected a finite number above 0"},
      {"0", "found \"0\"; expected a finite number above 0"},
      {"inf", "found \"inf\"; expected a finite number above 0"},
      {"nan", "found \"nan\"; expected a finite number above 0"},
      {"lognormal:500:-1", "found \"-1\"; expected a finite number above 0"},
      {"uniform:9:5", "found 9 to 5; expected the lower number first"},
  };
  for (const auto& c : cases) {
    const auto spec = ParseDeadlineSpec(c.text);
    EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument) << c.text;
    EXPECT_EQ(std::string(spec.status().message()), c.message);
  }
}

}  // namespace
}  // namespace baton
