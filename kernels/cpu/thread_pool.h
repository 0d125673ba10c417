// A fixed set of threads that run the parts of one loop at a time. Between loops the threads spin
// for a moment and then sleep, so that a step of many short loops pays no wake-ups and an idle
// worker costs nothing.
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

  // Calls fn(part, thread) once for each part in [0, num_parts), on any of the threads, the
  // caller's included; thread is in [0, num_threads). Returns when all have returned, and what they
  // wrote is visible. One caller at a time.
  void ParallelFor(int64_t num_parts, absl::FunctionRef<void(int64_t part, int thread)> fn);

  int num_threads() const { return static_cast<int>(threads_.size()) + 1; }

 private:
  void Run(int thread);
  void Drain(int thread);

  // Written by the caller before `generation_` is raised.
  absl::FunctionRef<void(int64_t, int)>* fn_ = nullptr;
  int64_t num_parts_ = 0;

  alignas(64) std::atomic<int64_t> next_part_{0};
  alignas(64) std::atomic<uint32_t> generation_{0};  // raised for every loop, and to stop
  alignas(64) std::atomic<int> busy_{0};             // threads that have not left the present loop
  std::atomic<int> sleepers_{0};
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace baton

#endif  // BATON_KERNELS_CPU_THREAD_POOL_H_
