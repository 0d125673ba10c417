#include "tests/load/metrics/verdict.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "tests/load/stats/samples.h"

namespace baton {
namespace {

// A tool that uses more than this share of the CPUs it may run on, or of one thread's time,
// measures itself.
constexpr double kMostCpu = 0.9;

double P99(const std::vector<uint32_t>& us) {
  Samples samples;
  for (const uint32_t value : us) samples.AddMicros(value);
  return samples.Percentile(99);
}

}  // namespace

std::vector<std::string> WhyInvalid(const LoadRunResult& run, const RunSummary& summary,
                                    bool has_schedule) {
  std::vector<std::string> reasons;
  const OwnLag& lag = run.lag;
  const bool long_enough = summary.duration >= absl::Seconds(1);  // for shares to mean something
  if (long_enough && lag.cpus_allowed > 0 && lag.cpus_used > kMostCpu * lag.cpus_allowed) {
    reasons.push_back(absl::StrFormat("the load tool used %.2f of the %.0f CPUs it may run on",
                                      lag.cpus_used, lag.cpus_allowed));
  }
  if (long_enough && lag.busiest_thread > kMostCpu) {
    reasons.push_back(absl::StrFormat("a thread of the load tool ran for %.0f %% of the time",
                                      lag.busiest_thread * 100));
  }
  if (!run.open_loop || !has_schedule) return reasons;
  const double limit = std::max(1.0, summary.ttft.Percentile(50) / 100);
  const double send = P99(lag.send_us), timer = P99(lag.timer_us);
  if (send > limit) {
    reasons.push_back(absl::StrFormat(
        "requests were sent %.2f ms late at the 99th percentile; the limit is %.2f ms", send,
        limit));
  }
  if (timer > limit) {
    reasons.push_back(absl::StrFormat(
        "the load tool's timers were %.2f ms late at the 99th percentile; the limit is %.2f ms",
        timer, limit));
  }
  return reasons;
}

}  // namespace baton
