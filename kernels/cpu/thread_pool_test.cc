#include "kernels/cpu/thread_pool.h"

#include <chrono>
#include <numeric>

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(ThreadPool, RunsEveryPartOnceAndPublishesItsWrites) {
  for (int threads : {1, 2, 3, 8}) {  // 8: some come late
    ThreadPool pool(threads);
    EXPECT_EQ(pool.num_threads(), threads);
    for (int round = 0; round < 2000; ++round) {
      std::vector<int> runs(round % 37, 0);
      pool.ParallelFor(runs.size(), [&](int64_t part, int thread) {
        ASSERT_LT(thread, threads);
        ++runs[part];
      });
      for (int n : runs) ASSERT_EQ(n, 1);
    }
  }
}

TEST(ThreadPool, WakesThreadsThatWentToSleep) {
  ThreadPool pool(2);
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    std::atomic<int> sum{0};
    pool.ParallelFor(100, [&](int64_t part, int) { sum += static_cast<int>(part); });
    EXPECT_EQ(sum, 4950);
  }
}

}  // namespace
}  // namespace baton
