#include "router/api/work_pool.h"

#include <atomic>
#include <future>
#include <memory>
#include <thread>

#include "gtest/gtest.h"

namespace baton {
namespace {

// Occupies a pool of one thread until Release.
class Plug {
 public:
  explicit Plug(WorkPool* pool) {
    auto running = std::make_shared<std::promise<void>>();
    pool->TryPost(0, [running, release = release_] {
      running->set_value();
      release->get_future().wait();
    });
    running->get_future().wait();
  }
  void Release() { release_->set_value(); }

 private:
  // Shared with the job, which may outlive this object.
  const std::shared_ptr<std::promise<void>> release_ = std::make_shared<std::promise<void>>();
};

WorkPool::Options OneThread(size_t max_queued, size_t max_queued_bytes) {
  WorkPool::Options options;
  options.threads = 1;
  options.max_queued = max_queued;
  options.max_queued_bytes = max_queued_bytes;
  return options;
}

TEST(WorkPoolTest, RunsEveryJobBeforeItIsDestroyed) {
  std::atomic<int> ran = 0;
  {
    WorkPool pool(WorkPool::Options{});
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.TryPost(1, [&ran] { ++ran; }));
  }
  EXPECT_EQ(ran, 500);
}

TEST(WorkPoolTest, RefusesAJobBeyondTheQueue) {
  std::atomic<int> ran = 0;
  {
    WorkPool pool(OneThread(2, 1000));
    Plug plug(&pool);
    EXPECT_TRUE(pool.TryPost(0, [&ran] { ran += 1; }));
    EXPECT_TRUE(pool.TryPost(0, [&ran] { ran += 10; }));
    EXPECT_FALSE(pool.TryPost(0, [&ran] { ran += 100; }));
    plug.Release();
  }
  EXPECT_EQ(ran, 11);
}

TEST(WorkPoolTest, RefusesBytesBeyondTheBudgetButNeverALoneJob) {
  WorkPool pool(OneThread(100, 10));
  Plug plug(&pool);
  EXPECT_TRUE(pool.TryPost(11, [] {}));  // the queue was empty
  EXPECT_FALSE(pool.TryPost(1, [] {}));
  plug.Release();
}

TEST(WorkPoolTest, TakesJobsAgainOnceTheQueueHasRun) {
  WorkPool pool(OneThread(1, 10));
  {
    Plug plug(&pool);
    EXPECT_TRUE(pool.TryPost(10, [] {}));
    EXPECT_FALSE(pool.TryPost(10, [] {}));
    plug.Release();
    while (!pool.TryPost(10, [] {})) std::this_thread::yield();
  }
}

}  // namespace
}  // namespace baton
