#include "router/engine/admission.h"

#include "common/error_details.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

constexpr absl::Time kNow = absl::UnixEpoch();

// Seconds of a queue that starts 1000 tokens every second, in ten requests.
absl::Time Feed(Admission* admission, int seconds) {
  absl::Time now = kNow;
  for (int i = 0; i <= seconds * 10; ++i) {
    now = kNow + absl::Milliseconds(100) * i;
    admission->Observe(now, {50, 5000, true}, {1, 100});
  }
  return now;
}

AdmissionRequest Undated() { return {0, 10, absl::InfiniteFuture()}; }

// Behind so many tokens.
AdmissionRequest Due(absl::Time deadline, uint64_t ahead = 5000, uint64_t max_tokens = 10) {
  return {ahead, max_tokens, deadline};
}

const QueueLoad kQueue = {50, 5000, true};

bool Accepts(Admission* a, absl::Time now, const AdmissionRequest& r, const QueueLoad& queue) {
  return a->Admit(now, r, queue).ok();
}

double Told(const absl::Status& refused) { return absl::ToDoubleSeconds(*RetryAfter(refused)); }

TEST(Admission, BoundsRequestsAndTokens) {
  Admission a({2, 100});
  EXPECT_TRUE(Accepts(&a, kNow, Undated(), {1, 99, true}));
  const absl::Status tokens = a.Admit(kNow, Undated(), {1, 100, true});
  EXPECT_EQ(tokens.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(tokens.message(), "the queue is full: 100 tokens wait, the limit is 100");
  EXPECT_EQ(Reason(tokens), "QUEUE_FULL");
  EXPECT_TRUE(RetryAfter(tokens).has_value());
  const absl::Status requests = a.Admit(kNow, Undated(), {2, 10, true});
  EXPECT_EQ(requests.message(), "the queue is full: 2 requests wait, the limit is 2");
  EXPECT_TRUE(Accepts(&a, kNow, Undated(), {0, 0, true}));
}

TEST(Admission, SaysWhenATenthOfTheQueueWillBeFree) {
  Admission a({100, 10000});
  const absl::Time now = Feed(&a, 20);
  // 2,500 tokens and a tenth of 10,000 too many, at 1,000 a second.
  EXPECT_NEAR(Told(a.Admit(now, Undated(), {50, 12500, true})), 3.5, 0.2);
  // A queue that has come to a halt drains later and later.
  a.Observe(now + absl::Seconds(8), {50, 12500, true}, {});
  EXPECT_GT(Told(a.Admit(now + absl::Seconds(8), Undated(), {50, 12500, true})), 5);
}

TEST(Admission, AQueueThatWasFullOpensWhenItSaid) {
  Admission a({100, 1000000});
  const absl::Time now = Feed(&a, 20);
  const absl::Status full = a.Admit(now, Undated(), {100, 10000, true});
  EXPECT_EQ(Reason(full), "QUEUE_FULL");
  // Ten requests, ten a second, have to start.
  EXPECT_NEAR(Told(full), 1, 0.1);
  EXPECT_NEAR(absl::ToDoubleSeconds(a.closed_until() - now), 1, 0.1);
  EXPECT_FALSE(Accepts(&a, now + absl::Seconds(0.8), Undated(), {90, 9000, true}));
  EXPECT_TRUE(Accepts(&a, now + absl::Seconds(1.2), Undated(), {94, 9400, true}));
  EXPECT_TRUE(Accepts(&a, now + absl::Seconds(1.2), Undated(), {99, 9900, true}));
}

TEST(Admission, ChoicesThatWaitAloneAreAQueue) {
  Admission a({2, 1000});
  // A request has started; its other choices, 630 tokens, have not.
  for (int i = 0; i <= 100; ++i)
    a.Observe(kNow + absl::Milliseconds(100) * i, {0, 630, true}, {0, 10});
  const absl::Time now = kNow + absl::Seconds(10);
  EXPECT_NEAR(absl::ToDoubleSeconds(a.TimeToStart(100)), 1, 0.1);
  EXPECT_EQ(Reason(a.Admit(now, Undated(), {0, 1000, true})), "QUEUE_FULL");
  EXPECT_EQ(Reason(a.Admit(now, Due(now + absl::Seconds(5), 630), {0, 630, true})),
            "DEADLINE_UNREACHABLE");
}

TEST(Admission, TimeWithNothingWaitingSaysNothingOfTheRate) {
  Admission a({100, 10000});
  absl::Time now = Feed(&a, 20);
  a.Observe(now, {}, {});
  now += absl::Hours(1);
  a.Observe(now, {5, 500, true}, {});
  EXPECT_NEAR(absl::ToDoubleSeconds(a.TimeToStart(1000)), 1, 0.1);
}

TEST(Admission, RefusesADeadlineThatTheQueueAloneMakesUnreachable) {
  Admission a({100, 100000});
  EXPECT_TRUE(Accepts(&a, kNow, Due(kNow + absl::Seconds(1)), kQueue)) << "nothing is known";
  const absl::Time now = Feed(&a, 20);
  EXPECT_TRUE(Accepts(&a, now, Due(now + absl::Seconds(7)), kQueue));
  const absl::Status late = a.Admit(now, Due(now + absl::Seconds(3)), kQueue);
  EXPECT_EQ(late.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Reason(late), "DEADLINE_UNREACHABLE");
  EXPECT_NEAR(Told(late), 2.84, 0.2);
  EXPECT_TRUE(Accepts(&a, now, Due(now + absl::Seconds(3), 500), kQueue)) << "it is urgent";
}

// A first token after 1 s, each further one after 100 ms.
void FeedService(Admission* a, absl::Time now) {
  a->ObserveFirstToken(now, absl::Seconds(1));
  for (int i = 0; i < 20; ++i) a->ObserveToken(now, absl::Milliseconds(100));
}

TEST(Admission, ADeadlineMustLeaveTimeForTheRequestItself) {
  Admission a({100, 100000});
  const absl::Time now = Feed(&a, 20);
  FeedService(&a, now);
  EXPECT_EQ(a.ServiceTime(20), absl::Seconds(3));
  EXPECT_TRUE(Accepts(&a, now, Due(now + absl::Seconds(11), 5000, 20), kQueue));
  // 5.6 s, of which 2.6 s to wait in; nine tenths of those in 2.66 s.
  const absl::Status late = a.Admit(now, Due(now + absl::Seconds(7), 5000, 20), kQueue);
  EXPECT_EQ(Reason(late), "DEADLINE_UNREACHABLE");
  EXPECT_NEAR(Told(late), 2.66, 0.2);
  // Now those with as little time wait for that long; others do not.
  EXPECT_FALSE(Accepts(&a, now, Due(now + absl::Seconds(7), 2300, 20), kQueue));
  EXPECT_TRUE(Accepts(&a, now, Due(now + absl::Seconds(11), 5000, 20), kQueue));
  EXPECT_TRUE(Accepts(&a, now, Due(now + absl::Seconds(7), 2300, 1), kQueue)) << "it is short";
  EXPECT_FALSE(Accepts(&a, now, Due(now + absl::Seconds(40), 50000, 20), kQueue));
  const absl::Time told = now + *RetryAfter(late);
  EXPECT_TRUE(Accepts(&a, told, Due(told + absl::Seconds(7), 2300, 20), kQueue));
}

TEST(Admission, WhatTakesTooLongByItselfClosesNothing) {
  Admission a({100, 100000});
  FeedService(&a, kNow);
  for (int i = 0; i < 1000; ++i) a.ObserveToken(kNow, absl::Milliseconds(400));
  const absl::Time deadline = kNow + absl::Seconds(10);  // 8 s of it count
  // 9 s at this pace, 3 s at the best; and 5 s.
  EXPECT_FALSE(Accepts(&a, kNow, Due(deadline, 0, 20), {0, 0, true}));
  EXPECT_TRUE(Accepts(&a, kNow, Due(deadline, 0, 10), {0, 0, true}));
  EXPECT_TRUE(Accepts(&a, kNow, Due(deadline, 0, 20), {0, 0, false})) << "the group is idle";
}

TEST(Admission, ADeadlineThatCouldNeverBeMetWantsWhatThereIs) {
  Admission a({100, 100000});
  a.ObserveToken(kNow, absl::Microseconds(1));  // two results at once: no pace
  a.Observe(kNow, {}, {});
  FeedService(&a, kNow);
  EXPECT_TRUE(Accepts(&a, kNow, Due(kNow + absl::Seconds(2), 0, 6000), {0, 0, true}));
  const absl::Time now = Feed(&a, 20);
  EXPECT_FALSE(Accepts(&a, now, Due(now + absl::Seconds(2), 5000, 6000), kQueue))
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
  a.Observe(kNow, {0, 0, true}, {});
  EXPECT_EQ(a.ServiceTime(20), absl::Seconds(3));
  a.Observe(kNow, {}, {});
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
