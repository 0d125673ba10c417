#include "router/engine/admission.h"

#include "common/error_details.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

constexpr absl::Time kNow = absl::UnixEpoch();

// Seconds of a queue that starts 1000 tokens every second, in tens.
absl::Time Feed(Admission* admission, int seconds) {
  absl::Time now = kNow;
  for (int i = 0; i <= seconds * 10; ++i) {
    now = kNow + absl::Milliseconds(100) * i;
    admission->Observe(now, {50, 5000}, 100);
  }
  return now;
}

TEST(Admission, BoundsRequestsAndTokens) {
  Admission a({2, 100});
  EXPECT_TRUE(a.Check(kNow, 60, absl::InfiniteFuture(), {1, 40}).ok());
  const absl::Status tokens = a.Check(kNow, 61, absl::InfiniteFuture(), {1, 40});
  EXPECT_EQ(tokens.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(tokens.message().find("40 tokens wait, this request adds 61, the limit is 100"),
            absl::string_view::npos);
  EXPECT_EQ(Reason(tokens), "QUEUE_FULL");
  EXPECT_TRUE(RetryAfter(tokens).has_value());
  EXPECT_EQ(a.Check(kNow, 1, absl::InfiniteFuture(), {2, 10}).code(),
            absl::StatusCode::kResourceExhausted);
  // Alone, even the largest may come in: it would never, otherwise.
  EXPECT_TRUE(a.Check(kNow, 1000, absl::InfiniteFuture(), {0, 0}).ok());
}

TEST(Admission, SaysWhenTheQueueWillHaveDrained) {
  Admission a({100, 10000});
  const absl::Time now = Feed(&a, 20);
  // 2,500 tokens too many, at 1,000 a second.
  const absl::Status full = a.Check(now, 2500, absl::InfiniteFuture(), {50, 10000});
  ASSERT_TRUE(RetryAfter(full).has_value());
  EXPECT_NEAR(absl::ToDoubleSeconds(*RetryAfter(full)), 2.5, 0.2);
  // A queue that has come to a halt drains later and later.
  a.Observe(now + absl::Seconds(8), {50, 10000}, 0);
  const absl::Status halted =
      a.Check(now + absl::Seconds(8), 2500, absl::InfiniteFuture(), {50, 10000});
  EXPECT_GT(*RetryAfter(halted), absl::Seconds(6));
}

TEST(Admission, TimeWithNothingWaitingSaysNothingOfTheRate) {
  Admission a({100, 10000});
  absl::Time now = Feed(&a, 20);
  a.Observe(now, {0, 0}, 0);
  now += absl::Hours(1);
  a.Observe(now, {5, 500}, 0);
  EXPECT_NEAR(absl::ToDoubleSeconds(a.TimeToStart(1000)), 1, 0.1);
}

TEST(Admission, RefusesADeadlineThatTheQueueAloneMakesUnreachable) {
  Admission a({100, 100000});
  EXPECT_TRUE(a.Check(kNow, 10, kNow + absl::Seconds(1), {50, 5000}).ok()) << "nothing is known";
  const absl::Time now = Feed(&a, 20);
  EXPECT_TRUE(a.Check(now, 10, now + absl::Seconds(7), {50, 5000}).ok());
  const absl::Status late = a.Check(now, 10, now + absl::Seconds(3), {50, 5000});
  EXPECT_EQ(late.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Reason(late), "DEADLINE_UNREACHABLE");
  EXPECT_NEAR(absl::ToDoubleSeconds(*RetryAfter(late)), 2, 0.3);
}

}  // namespace
}  // namespace baton
