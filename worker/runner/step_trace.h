// When a rank computed what, as a file that chrome://tracing and Perfetto show: one event for each
// step, in the JSON array format of Chrome's "Trace Event Format". Ranks on one host share a clock,
// so that their files lie over each other.
#ifndef BATON_WORKER_RUNNER_STEP_TRACE_H_
#define BATON_WORKER_RUNNER_STEP_TRACE_H_

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace baton {

struct TracedStep {
  using Time = std::chrono::steady_clock::time_point;
  Time launched;  // the plan was there
  Time start, end;
  std::chrono::nanoseconds wait{0};  // for other ranks, between those
  uint64_t tokens = 0;               // computed
  uint64_t rows = 0;                 // of logits
};

// Not thread-safe.
class StepTrace {
 public:
  // Writes to a new file at `path`; `rank_name` is shown beside the steps.
  static absl::StatusOr<std::unique_ptr<StepTrace>> Create(const std::string& path,
                                                           const std::string& rank_name);
  // The file is whole then. What a process that was killed leaves can be read as well: the format
  // does not ask for the array's end.
  ~StepTrace();
  StepTrace(const StepTrace&) = delete;
  StepTrace& operator=(const StepTrace&) = delete;

  // Its arguments in the file: `tokens`, `rows`, `wait_us` (of its duration), and of the time since
  // the step before `idle_us`, of which `no_plan_us` passed before the plan was there. Steps in the
  // order they were run.
  void Add(const TracedStep& step);

 private:
  explicit StepTrace(std::FILE* file) : file_(file) {}

  std::FILE* const file_;
  TracedStep::Time last_end_, last_flush_;
};

}  // namespace baton

#endif  // BATON_WORKER_RUNNER_STEP_TRACE_H_
