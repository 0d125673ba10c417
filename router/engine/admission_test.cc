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
    admission->Observe(now, {50, 5000, true}, 100);
  }
  return now;
}

AdmissionRequest Tokens(uint64_t tokens) { return {tokens, tokens, absl::InfiniteFuture()}; }

AdmissionRequest Due(absl::Time deadline, uint64_t max_tokens = 10) {
  return {max_tokens, max_tokens, deadline};
}

bool Accepts(Admission* a, absl::Time now, const AdmissionRequest& r, const QueueLoad& queue) {
  return a->Check(now, r, queue).ok();
}

TEST(Admission, BoundsRequestsAndTokens) {
  Admission a({2, 100});
  EXPECT_TRUE(Accepts(&a, kNow, Tokens(60), {1, 40, true}));
  const absl::Status tokens = a.Check(kNow, Tokens(61), {1, 40, true});
  EXPECT_EQ(tokens.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(tokens.message().find("40 tokens wait, this request adds 61, the limit is 100"),
            absl::string_view::npos);
  EXPECT_EQ(Reason(tokens), "QUEUE_FULL");
  EXPECT_TRUE(RetryAfter(tokens).has_value());
  EXPECT_EQ(a.Check(kNow, Tokens(1), {2, 10, true}).code(), absl::StatusCode::kResourceExhausted);
  // Alone, even the largest may come in: it would never, otherwise.
  EXPECT_TRUE(Accepts(&a, kNow, Tokens(1000), {0, 0, true}));
}

TEST(Admission, SaysWhenATenthOfTheQueueWillBeFree) {
  Admission a({100, 10000});
  const absl::Time now = Feed(&a, 20);
  // 2,500 tokens and a tenth of 10,000 too many, at 1,000 a second.
  const absl::Status full = a.Check(now, Tokens(2500), {50, 10000, true});
  ASSERT_TRUE(RetryAfter(full).has_value());
  EXPECT_NEAR(absl::ToDoubleSeconds(*RetryAfter(full)), 3.5, 0.2);
  // A queue that has come to a halt drains later and later.
  a.Observe(now + absl::Seconds(8), {50, 10000, true}, 0);
  const absl::Status halted = a.Check(now + absl::Seconds(8), Tokens(2500), {50, 10000, true});
  EXPECT_GT(*RetryAfter(halted), absl::Seconds(5));
}

TEST(Admission, AQueueThatWasFullStaysClosedUntilATenthIsFree) {
  Admission a({100, 1000000});
  const absl::Time now = Feed(&a, 20);
  EXPECT_TRUE(Accepts(&a, now, Tokens(100), {99, 9900, true}));
  const absl::Status full = a.Check(now, Tokens(100), {100, 10000, true});
  EXPECT_EQ(Reason(full), "QUEUE_FULL");
  // Eleven requests of a hundred tokens, at 1,000 a second, have to start.
  EXPECT_NEAR(absl::ToDoubleSeconds(*RetryAfter(full)), 1.1, 0.1);
  EXPECT_FALSE(Accepts(&a, now, Tokens(100), {90, 9000, true}));
  EXPECT_TRUE(Accepts(&a, now, Tokens(100), {89, 8900, true}));
  EXPECT_TRUE(Accepts(&a, now, Tokens(100), {99, 9900, true}));
}

TEST(Admission, SoDoesOneThatWasFullOfTokens) {
  Admission a({100, 1000});
  EXPECT_FALSE(Accepts(&a, kNow, Tokens(101), {9, 900, true}));
  EXPECT_FALSE(Accepts(&a, kNow, Tokens(1), {9, 900, true}));
  EXPECT_TRUE(Accepts(&a, kNow, Tokens(1), {8, 800, true}));
  EXPECT_TRUE(Accepts(&a, kNow, Tokens(100), {9, 900, true}));
}

TEST(Admission, TimeWithNothingWaitingSaysNothingOfTheRate) {
  Admission a({100, 10000});
  absl::Time now = Feed(&a, 20);
  a.Observe(now, {}, 0);
  now += absl::Hours(1);
  a.Observe(now, {5, 500, true}, 0);
  EXPECT_NEAR(absl::ToDoubleSeconds(a.TimeToStart(1000)), 1, 0.1);
}

TEST(Admission, RefusesADeadlineThatTheQueueAloneMakesUnreachable) {
  Admission a({100, 100000});
  const QueueLoad queue = {50, 5000, true};
  EXPECT_TRUE(Accepts(&a, kNow, Due(kNow + absl::Seconds(1)), queue)) << "nothing is known";
  const absl::Time now = Feed(&a, 20);
  EXPECT_TRUE(Accepts(&a, now, Due(now + absl::Seconds(7)), queue));
  const absl::Status late = a.Check(now, Due(now + absl::Seconds(3)), queue);
  EXPECT_EQ(late.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Reason(late), "DEADLINE_UNREACHABLE");
  EXPECT_NEAR(absl::ToDoubleSeconds(*RetryAfter(late)), 2.84, 0.2);
}

// A first token after 1 s, each further one after 100 ms.
void FeedService(Admission* a, absl::Time now) {
  a->ObserveFirstToken(now, absl::Seconds(1));
  for (int i = 0; i < 10; ++i) a->ObserveToken(now, absl::Milliseconds(100));
}

TEST(Admission, ADeadlineMustLeaveTimeForTheRequestItself) {
  Admission a({100, 100000});
  const absl::Time now = Feed(&a, 20);
  FeedService(&a, now);
  EXPECT_EQ(a.ServiceTime(20), absl::Seconds(3));
  const QueueLoad queue = {50, 5000, true};  // 5 s
  EXPECT_TRUE(Accepts(&a, now, Due(now + absl::Seconds(11), 20), queue));
  const absl::Status late = a.Check(now, Due(now + absl::Seconds(7), 20), queue);
  EXPECT_EQ(Reason(late), "DEADLINE_UNREACHABLE");
  EXPECT_NEAR(absl::ToDoubleSeconds(*RetryAfter(late)), 2.96, 0.2);
  // Now those with as little time wait until a tenth of it is free; those with more do not.
  EXPECT_FALSE(Accepts(&a, now, Due(now + absl::Seconds(7), 20), {23, 2300, true}));
  EXPECT_TRUE(Accepts(&a, now, Due(now + absl::Seconds(11), 20), queue));
  EXPECT_TRUE(Accepts(&a, now, Due(now + absl::Seconds(7), 20), {19, 1900, true}));
  EXPECT_TRUE(Accepts(&a, now, Due(now + absl::Seconds(7), 20), {23, 2300, true}));
}

TEST(Admission, WithoutAQueueTheLoadItselfCanBeTooMuchForADeadline) {
  Admission a({100, 100000});
  FeedService(&a, kNow);
  for (int i = 0; i < 1000; ++i) a.ObserveToken(kNow, absl::Milliseconds(400));
  const AdmissionRequest request = Due(kNow + absl::Seconds(5), 20);  // 8 s now, 2 s at best
  EXPECT_FALSE(Accepts(&a, kNow, request, {0, 0, true}));
  EXPECT_TRUE(Accepts(&a, kNow, request, {0, 0, false})) << "the group is idle";
}

TEST(Admission, ADeadlineThatCouldNeverBeMetWantsWhatThereIs) {
  Admission a({100, 100000});
  FeedService(&a, kNow);
  EXPECT_TRUE(Accepts(&a, kNow, Due(kNow + absl::Seconds(2), 6000), {0, 0, true}));
  const absl::Time now = Feed(&a, 20);
  EXPECT_FALSE(Accepts(&a, now, Due(now + absl::Seconds(2), 6000), {50, 5000, true}))
      << "but there would be nothing";
}

TEST(Admission, RequestsThatEndEarlyMakeTheEstimateShorter) {
  Admission a({100, 100000});
  FeedService(&a, kNow);
  a.ObserveEnd(kNow, 5, 20);
  a.ObserveEnd(kNow, 5, 20);
  EXPECT_EQ(a.ServiceTime(20), absl::Milliseconds(1500));
}

TEST(Admission, AnIdleGroupForgetsThePaceOfTheLoadThatIsOver) {
  Admission a({100, 100000});
  FeedService(&a, kNow);
  a.Observe(kNow, {0, 0, true}, 0);
  EXPECT_EQ(a.ServiceTime(20), absl::Seconds(3));
  a.Observe(kNow, {}, 0);
  EXPECT_EQ(a.ServiceTime(20), absl::ZeroDuration());
}

TEST(RecentMean, ForgetsHalfInAHalfLife) {
  RecentMean mean(absl::Seconds(2));
  EXPECT_FALSE(mean.known());
  mean.Add(kNow, 10, 2);
  EXPECT_DOUBLE_EQ(mean.value(), 5);
  mean.Add(kNow + absl::Seconds(2), 1, 1);
  EXPECT_DOUBLE_EQ(mean.value(), 3);
}

}  // namespace
}  // namespace baton
