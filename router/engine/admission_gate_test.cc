#include "router/engine/admission_gate.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

constexpr absl::Time kNow = absl::UnixEpoch();
constexpr absl::Duration kSecond = absl::Seconds(1);

TEST(AdmissionGate, LetsInWhatFits) {
  AdmissionGate gate;
  EXPECT_TRUE(gate.Admit(kNow, 0.99, kSecond));
  EXPECT_FALSE(gate.Admit(kNow, 1, kSecond));
}

TEST(AdmissionGate, StaysClosedUntilTheTimeItTold) {
  AdmissionGate gate;
  ASSERT_FALSE(gate.Admit(kNow, 1.1, 4 * kSecond));
  EXPECT_EQ(gate.opens() - kNow, 4 * kSecond);
  // Though there is room, and whatever is estimated now.
  EXPECT_FALSE(gate.Admit(kNow + kSecond, 0.95, kSecond / 2));
  EXPECT_EQ(gate.opens() - (kNow + kSecond), 3 * kSecond);
  EXPECT_TRUE(gate.Admit(kNow + 4 * kSecond, 0.95, kSecond));
  EXPECT_TRUE(gate.Admit(kNow + 4 * kSecond, 0.99, kSecond)) << "and is as any other again";
}

TEST(AdmissionGate, ClosesAgainWhenThereIsNoRoomByThen) {
  AdmissionGate gate;
  ASSERT_FALSE(gate.Admit(kNow, 1.1, 4 * kSecond));
  EXPECT_FALSE(gate.Admit(kNow + 4 * kSecond, 1.05, 2 * kSecond));
  EXPECT_EQ(gate.opens() - (kNow + 4 * kSecond), 2 * kSecond);
}

TEST(AdmissionGate, OpensEarlyWhenTheEstimateWasFarTooLong) {
  AdmissionGate gate;
  ASSERT_FALSE(gate.Admit(kNow, 1.1, 60 * kSecond));
  EXPECT_FALSE(gate.Admit(kNow + kSecond, 0.81, kSecond));
  EXPECT_TRUE(gate.Admit(kNow + kSecond, 0.79, kSecond));
  EXPECT_TRUE(gate.Admit(kNow + kSecond, 0.99, kSecond));
}

TEST(AdmissionGate, TellsATimeWithinReason) {
  AdmissionGate gate;
  ASSERT_FALSE(gate.Admit(kNow, 2, absl::InfiniteDuration()));
  EXPECT_EQ(gate.opens() - kNow, kSecond);
  gate.Open();
  ASSERT_FALSE(gate.Admit(kNow, 2, absl::Hours(5)));
  EXPECT_EQ(gate.opens() - kNow, absl::Minutes(1));
  gate.Open();
  ASSERT_FALSE(gate.Admit(kNow, 2, -kSecond));
  EXPECT_GT(gate.opens() - kNow, absl::ZeroDuration());
}

}  // namespace
}  // namespace baton
