#include "tests/load/bench/run_point.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"
#include "tests/load/bench/describe_workload.h"
#include "tests/load/bench/make_backend.h"
#include "tests/load/metrics/verdict.h"
#include "tests/load/workload/arrivals.h"
#include "tests/load/workload/make_workload.h"

namespace baton {
namespace {

// No sweep has so many points: warming up has prompts of its own.
constexpr uint64_t kWarmupPoint = 1000000;

constexpr size_t kMostWarmups = 100000;

// So many failures in a row are a server that is gone.
constexpr size_t kGiveUpAfter = 100;

absl::StatusOr<absl::optional<std::vector<absl::Duration>>> ArrivalTimes(
    const BenchContext& context, const Workload& workload, const ScheduleOptions& schedule,
    uint64_t point) {
  const bool ramp = !schedule.ramp_up_strategy.empty();
  if (auto own = workload.Schedule()) {
    if (!ramp && std::isinf(schedule.request_rate)) return own;
    return absl::InvalidArgumentError(
        "--request-rate, --ramp-up-strategy and their sweeps: the trace has times of its own; "
        "--no-self-timed leaves them out");
  }
  // Without a rate, a cap is what drives the load.
  if (std::isinf(schedule.request_rate) && !ramp && schedule.max_concurrency) {
    return absl::optional<std::vector<absl::Duration>>();
  }
  ArrivalOptions arrivals;
  arrivals.rate = schedule.request_rate;
  arrivals.burstiness = schedule.burstiness;
  arrivals.seed = context.options->workload.seed * 0x9e3779b97f4a7c15u + point;
  if (ramp) {
    arrivals.ramp = RateRamp{schedule.ramp_up_strategy == "linear" ? RateRamp::Shape::kLinear
                                                                   : RateRamp::Shape::kExponential,
                             schedule.ramp_up_start_rps, schedule.ramp_up_end_rps};
  }
  ASSIGN_OR_RETURN(auto times, Arrivals(arrivals, workload.size()));
  return absl::make_optional(std::move(times));
}

absl::Status WarmUp(const BenchContext& context, const ScheduleOptions& schedule) {
  if (schedule.num_warmups == 0) return absl::OkStatus();
  // Random tokens whatever is measured: a file's prompts would then be in the prefix cache.
  const WorkloadOptions& measured = context.options->workload;
  WorkloadOptions options;
  options.point = kWarmupPoint;
  options.seed = measured.seed;
  options.num_prompts = schedule.num_warmups;
  options.prompt_kind = context.takes_ids ? "ids" : "text";
  options.first_id = measured.first_id;
  options.last_id = measured.last_id;
  const bool random = measured.dataset_name == "random";
  options.random_input_len = random ? measured.input_len.value_or(measured.random_input_len) : 128;
  options.random_output_len = 16;
  ASSIGN_OR_RETURN(const auto workload, MakeWorkload(options, context.count_tokens));
  LoadRunOptions run;
  run.max_concurrency = schedule.max_concurrency.value_or(schedule.num_warmups);
  run.stop = context.stop;
  RunLoad(context.backend, *workload, run);
  return absl::OkStatus();
}

RunSettings MakeSettings(const BenchContext& context, const Workload& workload,
                         const ScheduleOptions& schedule) {
  const BenchOptions& options = *context.options;
  RunSettings settings;
  settings.command = options.command;
  settings.backend = options.target.backend;
  settings.address = TargetAddress(options.target);
  settings.label = options.output.label;
  settings.dataset_options = DescribeWorkload(options.workload);
  settings.num_prompts = options.workload.num_prompts;
  settings.request_rate = schedule.request_rate;
  settings.burstiness = schedule.burstiness;
  if (!schedule.ramp_up_strategy.empty()) {
    settings.ramp_up_strategy = schedule.ramp_up_strategy;
    settings.ramp_up_start_rps = schedule.ramp_up_start_rps;
    settings.ramp_up_end_rps = schedule.ramp_up_end_rps;
  }
  settings.has_own_schedule = workload.Schedule().has_value();
  for (const std::string& pair : options.output.metadata) {
    settings.metadata.push_back(absl::StrSplit(pair, absl::MaxSplits('=', 1)));
  }
  settings.objectives = context.objectives;
  settings.percentile_metrics = options.output.percentile_metrics;
  settings.metric_percentiles = options.output.metric_percentiles;
  settings.save_detailed = options.output.save_detailed;
  return settings;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Workload>> MakePointWorkload(const BenchContext& context,
                                                            uint64_t point) {
  WorkloadOptions options = context.options->workload;
  options.point = point;
  return MakeWorkload(options, context.count_tokens);
}

absl::StatusOr<RunReport> RunPoint(const BenchContext& context, const Workload& workload,
                                   const ScheduleOptions& schedule, uint64_t point) {
  RETURN_IF_ERROR(context.backend->Check(workload.Request(0)));
  LoadRunOptions run;
  ASSIGN_OR_RETURN(run.arrivals, ArrivalTimes(context, workload, schedule, point));
  run.max_concurrency = schedule.max_concurrency;
  run.stop = context.stop;
  run.give_up_after = kGiveUpAfter;
  if (context.progress) {
    run.progress = [&](const LoadProgress& progress) {
      context.progress(progress, workload.size());
    };
  }
  RETURN_IF_ERROR(WarmUp(context, schedule));
  RunReport report;
  report.settings = MakeSettings(context, workload, schedule);
  report.server = context.server;
  report.run = RunLoad(context.backend, workload, run);
  report.summary = Summarise(report.run, context.objectives);
  report.invalid = WhyInvalid(report.run, report.summary, LoadMode(report) == "open loop");
  if (report.run.partial) {
    report.invalid.push_back(report.run.gave_up ? "it ended after too many failures in a row"
                                                : "it was stopped before its end");
  }
  return report;
}

absl::Status CheckSchedule(const ScheduleOptions& schedule) {
  const auto wrong = [](const auto&... parts) {
    return absl::InvalidArgumentError(absl::StrCat(parts...));
  };
  if (!(schedule.request_rate > 0)) {
    return wrong("--request-rate: ", schedule.request_rate,
                 " is out of range; expected more than 0, or inf");
  }
  if (!(schedule.burstiness > 0)) {
    return wrong("--burstiness: ", schedule.burstiness,
                 " is out of range; expected more than 0, or inf");
  }
  if (schedule.max_concurrency == size_t{0}) {
    return wrong("--max-concurrency: 0 is out of range; expected at least 1");
  }
  if (schedule.num_warmups > kMostWarmups) {
    return wrong("--num-warmups: ", schedule.num_warmups, " is out of range; expected at most ",
                 kMostWarmups);
  }
  if (schedule.ramp_up_strategy.empty()) {
    if (schedule.ramp_up_start_rps == 0 && schedule.ramp_up_end_rps == 0) return absl::OkStatus();
    return wrong(
        "--ramp-up-start-rps, --ramp-up-end-rps: mean nothing without "
        "--ramp-up-strategy");
  }
  if (schedule.ramp_up_strategy != "linear" && schedule.ramp_up_strategy != "exponential") {
    return wrong("--ramp-up-strategy: \"", schedule.ramp_up_strategy,
                 "\" is none; expected linear or exponential");
  }
  if (!std::isinf(schedule.request_rate)) {
    return wrong("--request-rate and --ramp-up-strategy: only one of them can set the rate");
  }
  if (!(schedule.ramp_up_start_rps > 0) ||
      !(schedule.ramp_up_end_rps >= schedule.ramp_up_start_rps)) {
    return wrong("--ramp-up-start-rps, --ramp-up-end-rps: ", schedule.ramp_up_start_rps, " and ",
                 schedule.ramp_up_end_rps,
                 " are out of range; expected more than 0, and no less at the end");
  }
  return absl::OkStatus();
}

}  // namespace baton
