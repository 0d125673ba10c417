// What a run of load amounts to. docs/benchmarking.md defines every figure. Pure.
#ifndef BATON_TESTS_LOAD_METRICS_RUN_SUMMARY_H_
#define BATON_TESTS_LOAD_METRICS_RUN_SUMMARY_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "tests/load/metrics/timeline.h"
#include "tests/load/run/load_run.h"
#include "tests/load/stats/gap_samples.h"
#include "tests/load/stats/samples.h"

namespace baton {

// What a request must meet to count for goodput; unset ones are met.
struct Objectives {
  absl::optional<absl::Duration> ttft, tpot, e2el;
  bool any() const { return ttft || tpot || e2el; }
};

// Of requests that completed, unless said otherwise.
struct RunSummary {
  uint64_t completed = 0, cancelled = 0, refused = 0, deadline = 0, failed = 0;
  std::map<std::string, uint64_t> ends;  // "OK length", "UNAVAILABLE", "HTTP 503 overloaded" …

  absl::Duration duration;  // from the start of the run to the end of the last request
  uint64_t input_tokens = 0, output_tokens = 0;
  uint64_t all_output_tokens = 0;     // of requests that did not complete, too
  bool input_tokens_reported = true;  // by the server, for all of them
  uint64_t cached_tokens = 0;
  bool tokens_estimated = false;  // some server did not tell how many tokens its chunks held

  // Since the request was sent, and since it was due.
  Samples ttft, ttft_from_schedule;
  Samples e2el, e2el_from_schedule;  // until the last token
  Samples tpot;                      // requests of at least two tokens
  GapSamples gaps;
  // By the server's own account: waiting, prefill, and from the first token to the end; and what
  // the client's time to the first token has on top of the server's.
  Samples queued, prefill, decode, network;
  Samples refusal;  // refused requests: how long the refusal took
  Samples retry_after;

  // Completed, and within the objectives: from schedule, as a user feels it, and from sending.
  uint64_t good = 0, good_from_sending = 0;

  std::map<std::string, uint64_t> groups, numerics_classes;
  Timeline timeline;
  // Without warming up and running dry: from the first completion to the last sending.
  struct Steady {
    absl::Duration from, to;
    double requests = 0, output_tokens = 0, all_tokens = 0;  // a second
  };
  absl::optional<Steady> steady;

  uint64_t total() const { return completed + cancelled + refused + deadline + failed; }
  double per_second(uint64_t n) const {
    const double seconds = absl::ToDoubleSeconds(duration);
    return seconds > 0 ? static_cast<double>(n) / seconds : 0;
  }
};

// `cap`: see Samples.
RunSummary Summarise(const LoadRunResult& run, const Objectives& objectives,
                     size_t cap = Samples::kDefaultCap);

// The time per output token after the first; unset for fewer than two tokens.
absl::optional<absl::Duration> TimePerOutputToken(const RequestRecord& record);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_METRICS_RUN_SUMMARY_H_
