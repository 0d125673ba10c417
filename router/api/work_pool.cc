#include "router/api/work_pool.h"

#include <utility>

#include "common/check.h"

namespace baton {

WorkPool::WorkPool(const Options& options) : options_(options) {
  BATON_CHECK(options_.threads >= 1);
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Run(); });
}

WorkPool::~WorkPool() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
  }
  wake_.SignalAll();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkPool::TryPost(size_t bytes, std::function<void()> job) {
  {
    MutexLock lock(&mu_);
    if (queue_.size() >= options_.max_queued) return false;
    if (!queue_.empty() && queued_bytes_ + bytes > options_.max_queued_bytes) return false;
    queue_.push_back({bytes, std::move(job)});
    queued_bytes_ += bytes;
  }
  wake_.Signal();
  return true;
}

void WorkPool::Run() {
  while (true) {
    Job job;
    {
      MutexLock lock(&mu_);
      while (queue_.empty() && !stopping_) wake_.Wait(&mu_);
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
      queued_bytes_ -= job.bytes;
    }
    job.run();
  }
}

}  // namespace baton
