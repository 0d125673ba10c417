// A fixed set of threads that run the parts of one loop at a time. Between loops the threads spin
// for a moment and then sleep, so that a step of many short loops pays no wake-ups and an idle
// worker costs nothing. A loop waits for its parts and not for threads: one that is late, because
// something else runs on its CPU, holds nobody up.
#ifndef BATON_KERNELS_CPU_THREAD_POOL_H_
#define BATON_KERNELS_CPU_THREAD_POOL_H_

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"

namespace baton {

class ThreadPool {
 public:
  // `num_threads` counts the caller of ParallelFor: 1 means no other threads. At least 1.
  explicit ThreadPool(int num_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Calls fn(part, thread) once for each part in [0, num_parts), at most 2^32 - 1, on any of the
  // threads, the caller's included; thread is in [0, num_threads). Returns when all have returned,
  // and what they wrote is visible. One caller at a time.
  void ParallelFor(int64_t num_parts, absl::FunctionRef<void(int64_t part, int thread)> fn);

  int num_threads() const { return static_cast<int>(threads_.size()) + 1; }

 private:
  void Run(int thread);
  void Drain(int thread);

  // Written by the caller before `open_` is; constant while a part is unfinished.
  absl::FunctionRef<void(int64_t, int)>* fn_ = nullptr;
  uint32_t num_parts_ = 0;

  // Parts that nobody has taken yet. The upper half numbers the loop, so that a thread which was
  // away takes none of a later loop for one of an earlier.
  alignas(64) std::atomic<uint64_t> open_{0};
  alignas(64) std::atomic<uint32_t> unfinished_{0};  // parts that have not returned
  alignas(64) std::atomic<uint32_t> generation_{0};  // raised for every loop, and to stop
  std::atomic<int> sleepers_{0};
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace baton

#endif  // BATON_KERNELS_CPU_THREAD_POOL_H_
