// What a decision costs: Schedule and Update together, with every sequence decoding and one plan
// ahead, and once in 16 plans a block for each.
//
//   bazel run //router/scheduler:scheduler_benchmark
#include <deque>

#include "benchmark/benchmark.h"
#include "router/scheduler/scheduler.h"

namespace baton {
namespace {

StepResult Answer(const StepPlan& plan) {
  StepResult result;
  result.plan_id = plan.plan_id;
  result.rows.reserve(plan.rows.size());
  size_t next = 0;
  for (const PlannedWork& work : plan.work) {
    for (uint32_t i = 0; i < work.num_rows; ++i) {
      result.rows.emplace_back();
      result.rows.back().slot = work.slot;
      result.rows.back().position = plan.rows[next++].position;
      result.rows.back().token = 7;
    }
  }
  return result;
}

void BM_ScheduleAndUpdate(benchmark::State& state) {
  const uint32_t running = static_cast<uint32_t>(state.range(0));
  SchedulerOptions options;
  options.num_blocks = 1 << 20;
  options.max_running = options.max_step_rows = running;
  options.max_step_tokens = 8192;
  if (running == 256) state.SetLabel("budget: 50 us of CPU");
  if (running == 1024) state.SetLabel("budget: 200 us of CPU");
  Scheduler scheduler(options);
  SequenceId next_id = 1;
  std::vector<SchedulerEvent> events;
  std::deque<StepResult> results;
  const auto fill = [&] {
    while (scheduler.num_running() + scheduler.num_waiting() < running) {
      SequenceRequest r;
      r.id = next_id++;
      r.prompt.assign(16, static_cast<int32_t>(r.id));
      r.max_tokens = 500 + static_cast<uint32_t>(r.id % 97);
      if (!scheduler.Add(r).ok()) state.SkipWithError("refused");
    }
  };
  for (auto _ : state) {
    state.PauseTiming();
    fill();
    state.ResumeTiming();
    const StepPlan plan = scheduler.Schedule(absl::UnixEpoch(), &events);
    state.PauseTiming();
    results.push_back(Answer(plan));
    state.ResumeTiming();
    if (!scheduler.CanSchedule()) {
      if (!scheduler.Update(std::move(results.front()), &events).ok()) state.SkipWithError("bad");
      results.pop_front();
      events.clear();
    }
  }
}
BENCHMARK(BM_ScheduleAndUpdate)
    ->Arg(1)
    ->Arg(64)
    ->Arg(256)
    ->Arg(1024)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace baton

BENCHMARK_MAIN();
