#include "main/interrupts.h"

#include <unistd.h>

#include <atomic>
#include <chrono>

#include "gtest/gtest.h"

namespace baton {
namespace {

void WaitFor(const std::atomic<int>& counter, int value) {
  for (int i = 0; i < 2000 && counter < value; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(counter, value);
}

TEST(Interrupts, CallsTheHandlerOfTheTime) {
  Interrupts interrupts;
  std::atomic<int> first{0}, second{0};
  interrupts.SetHandler([&] { ++first; });
  kill(getpid(), SIGINT);
  WaitFor(first, 1);
  interrupts.SetHandler([&] { ++second; });
  kill(getpid(), SIGTERM);
  WaitFor(second, 1);
  EXPECT_EQ(first, 1);
}

TEST(InterruptsDeathTest, WithoutAHandlerTheProcessEnds) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        Interrupts interrupts;
        kill(getpid(), SIGINT);
        sleep(10);
      },
      testing::ExitedWithCode(130), "");
}

TEST(InterruptsDeathTest, ASecondInterruptEndsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        Interrupts interrupts;
        std::atomic<int> calls{0};
        interrupts.SetHandler([&] { ++calls; });
        kill(getpid(), SIGINT);
        WaitFor(calls, 1);
        kill(getpid(), SIGINT);
        sleep(10);
      },
      testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace baton
