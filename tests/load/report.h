// What a run of load amounts to. Pure.
#ifndef BATON_TESTS_LOAD_REPORT_H_
#define BATON_TESTS_LOAD_REPORT_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/load/outcome.h"

namespace baton {

// The value below which a share of `q` (0 to 1) of the values lie, the next larger one (nearest
// rank); 0 when there are none.
double Quantile(std::vector<double> values, double q);

struct Quantiles {
  size_t count = 0;
  double p50 = 0, p90 = 0, p99 = 0, max = 0;
};
Quantiles MakeQuantiles(const std::vector<double>& values);

// Of retries that were let in: how long that took, divided by what RetryInfo had said.
struct RetryReport {
  size_t probes = 0, never_admitted = 0;
  Quantiles told_ms, admitted_ms, ratio;
  double ratio_p10 = 0;
  // Between half and twice of what was said; and the same for some moment within one interval of
  // polling before it was seen.
  double within_two = 0, within_two_polled = 0;
};

struct LoadReport {
  double offered_per_second = 0;
  size_t offered = 0, accepted = 0, refused = 0;
  size_t in_time = 0;   // complete within the deadline
  size_t too_late = 0;  // accepted, but cut short by the deadline or complete only after it
  size_t failed = 0;    // anything else
  double goodput = 0;   // tokens of requests in time, a second of the load
  double tokens_per_second = 0;                             // of all requests
  Quantiles refusal_ms, first_token_ms, total_ms, late_ms;  // first token, total: of those in time
  std::map<std::string, size_t> ends;                       // how often each way of ending came
  RetryReport retries;
};

// `duration` is how long requests were sent; the goodput counts tokens by that time, whenever the
// last ones came.
LoadReport MakeReport(const std::vector<Outcome>& outcomes,
                      const std::vector<RetryOutcome>& retries, absl::Duration duration,
                      absl::Duration deadline, absl::Duration poll);

std::string ToText(const LoadReport& report);
std::string ToJson(const LoadReport& report);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_H_
