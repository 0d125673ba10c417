#include "common/rate_meter.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(RateMeter, AveragesTheLastTenSeconds) {
  RateMeter meter;
  const absl::Time start = absl::FromUnixSeconds(1000);
  for (int ms = 0; ms < 20000; ms += 100) meter.Add(start + absl::Milliseconds(ms), 5);
  EXPECT_DOUBLE_EQ(meter.PerSecond(start + absl::Seconds(20)), 50.0);
  EXPECT_DOUBLE_EQ(meter.PerSecond(start + absl::Seconds(25)), 25.0);
  EXPECT_DOUBLE_EQ(meter.PerSecond(start + absl::Seconds(60)), 0.0);
}

TEST(RateMeter, StartsWithWhatThereIs) {
  RateMeter meter;
  const absl::Time start = absl::FromUnixSeconds(1000);
  meter.Add(start, 30);
  EXPECT_DOUBLE_EQ(meter.PerSecond(start + absl::Seconds(1)), 30.0);
  EXPECT_DOUBLE_EQ(meter.PerSecond(start + absl::Seconds(3)), 10.0);
}

}  // namespace
}  // namespace baton
