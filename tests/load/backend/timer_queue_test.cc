#include "tests/load/backend/timer_queue.h"

#include <string>

#include "gtest/gtest.h"

namespace baton {
namespace {

absl::Time At(int s) { return absl::FromUnixSeconds(s); }

TEST(TimerQueueTest, RunsWhatIsDueInOrder) {
  TimerQueue timers;
  std::string ran;
  timers.Add(At(3), [&] { ran += 'c'; });
  timers.Add(At(1), [&] { ran += 'a'; });
  timers.Add(At(2), [&] { ran += 'b'; });
  timers.Add(At(1), [&] { ran += 'A'; });
  EXPECT_EQ(timers.next(), At(1));
  timers.RunDue(At(0));
  EXPECT_EQ(ran, "");
  timers.RunDue(At(2));
  EXPECT_EQ(ran, "aAb");
  EXPECT_EQ(timers.next(), At(3));
  timers.RunDue(At(9));
  EXPECT_EQ(ran, "aAbc");
  EXPECT_EQ(timers.next(), absl::nullopt);
}

TEST(TimerQueueTest, ACancelledOneDoesNotRun) {
  TimerQueue timers;
  std::string ran;
  TimerQueue::Id second;
  const TimerQueue::Id first = timers.Add(At(1), [&] {
    ran += 'a';
    timers.Cancel(second);
  });
  second = timers.Add(At(1), [&] { ran += 'b'; });
  timers.RunDue(At(1));
  EXPECT_EQ(ran, "a");
  timers.Cancel(first);  // has run
  timers.RunDue(At(5));
  EXPECT_EQ(ran, "a");
}

TEST(TimerQueueTest, WhatATimerAddsWaitsForTheNextCall) {
  TimerQueue timers;
  int runs = 0;
  std::function<void()> again = [&] {
    ++runs;
    timers.Add(At(0), again);
  };
  timers.Add(At(1), again);
  timers.Add(At(2), [&] { runs += 10; });
  timers.RunDue(At(3));
  EXPECT_EQ(runs, 11);
  timers.RunDue(At(3));
  EXPECT_EQ(runs, 12);
}

}  // namespace
}  // namespace baton
