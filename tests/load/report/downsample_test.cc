#include "tests/load/report/downsample.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(DownsampleMinMaxTest, FewAreKeptAsTheyAre) {
  EXPECT_THAT(DownsampleMinMax({}, 4), IsEmpty());
  EXPECT_THAT(DownsampleMinMax({3, 1, 2}, 4), ElementsAre(0, 1, 2));
}

TEST(DownsampleMinMaxTest, EachStretchKeepsItsExtremes) {
  EXPECT_THAT(DownsampleMinMax({5, 1, 9, 5, 5, 5, 2, 7, 0, 5}, 6), ElementsAre(0, 1, 2, 7, 8, 9));
}

TEST(DownsampleMinMaxTest, NoSpikeIsLost) {
  std::mt19937_64 engine(7);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> values(1 + engine() % 5000);
    for (double& value : values) value = static_cast<double>(engine() % 1000);
    const size_t low = engine() % values.size(), high = engine() % values.size();
    values[low] = -1;
    values[high] = 1e6;
    const size_t most = 4 + engine() % 200;
    const std::vector<size_t> kept = DownsampleMinMax(values, most);
    EXPECT_LE(kept.size(), most);
    EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
    EXPECT_THAT(kept, Contains(high));
    if (low != high) EXPECT_THAT(kept, Contains(low));
  }
}

TEST(DownsampleMinMaxTest, ValuesThatAreNotFiniteHideNone) {
  std::vector<double> values(100, kNan);
  values[37] = 4;
  EXPECT_THAT(DownsampleMinMax(values, 4), Contains(37));
  values[38] = 8;
  values[50] = std::numeric_limits<double>::infinity();
  EXPECT_THAT(DownsampleMinMax(values, 4), Contains(38));
}

}  // namespace
}  // namespace baton
