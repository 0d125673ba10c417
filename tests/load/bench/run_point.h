// One measured run of `baton bench`: a workload at one load, warmed up, run, and summed up.
#ifndef BATON_TESTS_LOAD_BENCH_RUN_POINT_H_
#define BATON_TESTS_LOAD_BENCH_RUN_POINT_H_

#include <atomic>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "tests/load/backend/backend.h"
#include "tests/load/bench/bench_options.h"
#include "tests/load/report/run_report.h"
#include "tests/load/workload/token_counter.h"
#include "tests/load/workload/workload.h"

namespace baton {

// What points share.
struct BenchContext {
  const BenchOptions* options;
  Objectives objectives;
  Backend* backend;
  ServerFacts server;
  TokenCounter count_tokens;
  bool takes_ids = true;  // prompts may be token ids
  const std::atomic<bool>* stop;
  std::function<void(const LoadProgress&, size_t planned)> progress;  // may be null
};

// Makes the workload of point number `point` of a sweep: others get other prompts.
absl::StatusOr<std::unique_ptr<Workload>> MakePointWorkload(const BenchContext& context,
                                                            uint64_t point);

// Runs `workload` as `schedule` says. INVALID_ARGUMENT for requests that the back end can not send,
// and for a schedule that makes no sense. Blocks.
absl::StatusOr<RunReport> RunPoint(const BenchContext& context, const Workload& workload,
                                   const ScheduleOptions& schedule, uint64_t point);

// INVALID_ARGUMENT names the option, the value and the limit.
absl::Status CheckSchedule(const ScheduleOptions& schedule);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BENCH_RUN_POINT_H_
