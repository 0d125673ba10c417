#include "kernels/cpu/thread_pool.h"

#include "absl/time/time.h"
#include "common/futex.h"

namespace baton {
namespace {

// About 20 µs: longer than the gap between two loops of a step, far shorter than a scheduler's time
// slice.
constexpr int kSpins = 2000;

}  // namespace

ThreadPool::ThreadPool(int num_threads) {
  for (int i = 1; i < num_threads; ++i) threads_.emplace_back([this, i] { Run(i); });
}

ThreadPool::~ThreadPool() {
  stop_.store(true);
  generation_.fetch_add(1);
  FutexWakeAll(&generation_, /*shared=*/false);
  for (std::thread& t : threads_) t.join();
}

void ThreadPool::ParallelFor(int64_t num_parts, absl::FunctionRef<void(int64_t, int)> fn) {
  if (threads_.empty() || num_parts <= 1) {
    for (int64_t part = 0; part < num_parts; ++part) fn(part, 0);
    return;
  }
  fn_ = &fn;
  num_parts_ = static_cast<uint32_t>(num_parts);
  unfinished_.store(num_parts_, std::memory_order_relaxed);
  const uint64_t loop = generation_.load(std::memory_order_relaxed) + 1;
  open_.store(loop << 32 | num_parts_, std::memory_order_release);
  generation_.fetch_add(1);
  if (sleepers_.load() > 0) FutexWakeAll(&generation_, /*shared=*/false);
  Drain(0);
  for (int spins = 0; unfinished_.load(std::memory_order_acquire) > 0; ++spins) {
    if (spins < 20 * kSpins) {
      CpuRelax();
    } else {
      std::this_thread::yield();
    }
  }
}

void ThreadPool::Drain(int thread) {
  uint64_t open = open_.load(std::memory_order_acquire);
  while (const uint32_t left = static_cast<uint32_t>(open)) {
    if (!open_.compare_exchange_weak(open, open - 1, std::memory_order_acq_rel)) continue;
    (*fn_)(num_parts_ - left, thread);
    unfinished_.fetch_sub(1, std::memory_order_release);
    open = open_.load(std::memory_order_acquire);
  }
}

void ThreadPool::Run(int thread) {
  uint32_t seen = 0;
  while (true) {
    int spins = 0;
    while (generation_.load(std::memory_order_acquire) == seen) {
      if (++spins < kSpins) {
        CpuRelax();
        continue;
      }
      sleepers_.fetch_add(1);
      FutexWait(&generation_, seen, absl::InfiniteDuration(), /*shared=*/false);
      sleepers_.fetch_sub(1);
    }
    seen = generation_.load(std::memory_order_acquire);
    if (stop_.load()) return;
    Drain(thread);
  }
}

}  // namespace baton
