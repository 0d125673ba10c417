#include "worker/comm/bounded_work.h"

#include <atomic>
#include <future>

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(BoundedWork, InTimeIsNoneOfOnLatesBusiness) {
  std::atomic<bool> ran{false}, late{false};
  {
    BoundedWork work([&] { ran = true; }, std::chrono::seconds(60), [&] { late = true; });
    EXPECT_TRUE(work.Wait());
    EXPECT_TRUE(work.Wait());
  }
  EXPECT_TRUE(ran);
  EXPECT_FALSE(late);
}

TEST(BoundedWork, LateIsToldOnceAndNotWaitedFor) {
  auto release = std::make_shared<std::promise<void>>();
  auto ended = std::make_shared<std::promise<void>>();
  std::atomic<int> late{0};
  {
    BoundedWork work(
        [release, ended] {
          release->get_future().wait();
          ended->set_value();
        },
        std::chrono::milliseconds(20), [&] { ++late; });
    EXPECT_FALSE(work.Wait());
    EXPECT_EQ(late, 1);
  }
  release->set_value();
  ended->get_future().wait();
  EXPECT_EQ(late, 1);
}

TEST(BoundedWork, TheDestructorWaits) {
  std::atomic<bool> ran{false};
  BoundedWork(
      [&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        ran = true;
      },
      std::chrono::seconds(60), [] {});
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace baton
