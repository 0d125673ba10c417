// A few threads for work that is too heavy for gRPC's own: parsing, templates, tokenisation. What
// waits is bounded in number and in bytes, so a flood of large requests is refused instead of
// remembered.
#ifndef BATON_ROUTER_API_WORK_POOL_H_
#define BATON_ROUTER_API_WORK_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/mutex.h"

namespace baton {

// Thread-safe.
class WorkPool {
 public:
  struct Options {
    int threads = 2;           // at least 1
    size_t max_queued = 1024;  // jobs that wait, the running ones not counted
    size_t max_queued_bytes =
        64u << 20;  // of the jobs that wait; a job larger than this is taken by an empty queue
  };

  explicit WorkPool(const Options& options);
  // Runs every job that was taken, then joins the threads. Must not be called by a job.
  ~WorkPool();
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;

  // Takes a job that holds about `bytes` of memory; jobs start in the order they were taken. False:
  // the queue is full and the job was not taken. Never blocks.
  bool TryPost(size_t bytes, std::function<void()> job);

 private:
  struct Job {
    size_t bytes;
    std::function<void()> run;
  };

  void Run();

  const Options options_;
  Mutex mu_;
  CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  size_t queued_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  std::deque<Job> queue_ ABSL_GUARDED_BY(mu_);
  std::vector<std::thread> threads_;  // last: they use what is above
};

}  // namespace baton

#endif  // BATON_ROUTER_API_WORK_POOL_H_
