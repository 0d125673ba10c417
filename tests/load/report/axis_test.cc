#include "tests/load/report/axis.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

std::vector<std::string> Labels(const ChartScale& scale, size_t most) {
  std::vector<std::string> labels;
  for (const ChartTick& tick : Ticks(scale, most)) labels.push_back(tick.label);
  return labels;
}

TEST(AxisTest, TicksTable) {
  const struct {
    ChartScale scale;
    size_t most;
    std::vector<std::string> labels;
  } cases[] = {
      {LinearScale(0, 1), 5, {"0", "0.2", "0.4", "0.6", "0.8", "1"}},
      {LinearScale(0, 97), 5, {"0", "20", "40", "60", "80", "100"}},
      {LinearScale(3, 0.3), 5, {"0", "0.1", "0.2", "0.3"}},
      {LinearScale(0, 12345), 5, {"0", "5k", "10k", "15k"}},
      {LinearScale(-3, 4), 5, {"-4", "-2", "0", "2", "4"}},
      {LinearScale(0, 0), 5, {"0", "0.2", "0.4", "0.6", "0.8", "1"}},
      {LinearScale(0, 3e-7), 5, {"0", "1e-07", "2e-07", "3e-07"}},
      {LinearScale(0, 2e12), 5, {"0", "500G", "1e+12", "1.5e+12", "2e+12"}},
      {LogScale(3, 60), 8, {"2", "5", "10", "20", "50", "100"}},
      {LogScale(1, 1000), 5, {"1", "10", "100", "1k"}},
      {LogScale(1e-3, 1e5), 5, {"0.001", "0.1", "10", "1k", "100k"}},
      {LogScale(7, 7), 8, {"5", "10"}},
      {LogScale(10, 10), 8, {"10", "20"}},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(Labels(c.scale, c.most), ElementsAreArray(c.labels)) << c.scale.high;
  }
}

TEST(AxisTest, ScalesOfNothingAreScalesStill) {
  for (const double low : {kNan, -kInf, kInf, 0.0, -1.0}) {
    for (const double high : {kNan, -kInf, kInf, 0.0, -1.0}) {
      for (const ChartScale& scale : {LinearScale(low, high), LogScale(low, high)}) {
        EXPECT_LT(scale.low, scale.high) << low << " " << high;
        EXPECT_TRUE(std::isfinite(scale.low) && std::isfinite(scale.high));
        EXPECT_GE(Ticks(scale, 5).size(), 2u);
      }
    }
  }
}

TEST(AxisTest, EndsHoldTheValuesAndAreTicks) {
  for (double high = 1e-6; high < 1e9; high *= 1.37) {
    for (const ChartScale& scale : {LinearScale(0, high), LogScale(high / 3, high)}) {
      EXPECT_GE(scale.high, high * (1 - 1e-6));
      const auto ticks = Ticks(scale, scale.log ? 10 : 5);
      ASSERT_GE(ticks.size(), 2u) << high;
      EXPECT_LE(ticks.size(), 11u) << high;
      EXPECT_NEAR(scale.Share(ticks.back().value), 1, 1e-6) << high;
      EXPECT_NEAR(scale.Share(ticks.front().value), 0, 1e-6) << high;
    }
  }
}

TEST(AxisTest, ALogScaleStopsNineDecadesDown) { EXPECT_DOUBLE_EQ(LogScale(1e-300, 1).low, 1e-9); }

TEST(AxisTest, Share) {
  EXPECT_DOUBLE_EQ((ChartScale{0, 10, false}).Share(2.5), 0.25);
  EXPECT_DOUBLE_EQ((ChartScale{1, 100, true}).Share(10), 0.5);
  EXPECT_DOUBLE_EQ((ChartScale{1, 100, true}).Share(0), 0);
  EXPECT_DOUBLE_EQ((ChartScale{1, 100, true}).Share(-5), 0);
  EXPECT_DOUBLE_EQ((ChartScale{0, 10, false}).Share(11), 1);
}

TEST(AxisTest, FormatNumber) {
  EXPECT_EQ(FormatNumber(0), "0");
  EXPECT_EQ(FormatNumber(1234567), "1234567");
  EXPECT_EQ(FormatNumber(0.0012345), "0.00123");
  EXPECT_EQ(FormatNumber(1.2345), "1.23");
  EXPECT_EQ(FormatNumber(123.45), "123.5");
  EXPECT_EQ(FormatNumber(12345.6), "12346");
  EXPECT_EQ(FormatNumber(-2.5), "-2.50");
  EXPECT_EQ(FormatNumber(1e300), "1e+300");
  EXPECT_EQ(FormatNumber(kNan), "–");
}

}  // namespace
}  // namespace baton
