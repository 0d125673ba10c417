#include "tests/load/arrivals.h"

#include <set>

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(PoissonArrivals, HasTheRateAndTheSpreadOfAPoissonProcess) {
  const auto arrivals = PoissonArrivals(50, absl::Seconds(1000), 1);
  EXPECT_NEAR(arrivals.size(), 50000, 1000);
  double sum = 0, squares = 0;
  for (size_t i = 1; i < arrivals.size(); ++i) {
    const double gap = absl::ToDoubleSeconds(arrivals[i] - arrivals[i - 1]);
    ASSERT_GE(gap, 0);
    sum += gap;
    squares += gap * gap;
  }
  const double mean = sum / arrivals.size();
  EXPECT_NEAR(squares / arrivals.size() / (mean * mean), 2, 0.1);  // exponential gaps
  EXPECT_LT(arrivals.back(), absl::Seconds(1000));
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
