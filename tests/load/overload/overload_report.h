// What a run at a fixed rate amounts to, for a server that may have too much to do. Pure.
#ifndef BATON_TESTS_LOAD_OVERLOAD_OVERLOAD_REPORT_H_
#define BATON_TESTS_LOAD_OVERLOAD_OVERLOAD_REPORT_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/load/overload/retry_probe.h"
#include "tests/load/request/request_record.h"
#include "tests/load/stats/samples.h"

namespace baton {

// Of retries that were let in: how long that took, divided by what RetryInfo had said.
struct RetryReport {
  size_t probes = 0, never_admitted = 0;
  Samples told, admitted;
  Samples ratio;  // a ratio of 1 is kept as 1 ms
  // Between half and twice of what was said; and the same for some moment within one interval of
  // polling before it was seen.
  double within_two = 0, within_two_polled = 0;
};

struct OverloadReport {
  double offered_per_second = 0;
  size_t offered = 0, accepted = 0, refused = 0;
  size_t in_time = 0;   // complete within the deadline
  size_t too_late = 0;  // accepted, but cut short by the deadline or complete only after it
  size_t failed = 0;    // anything else
  double goodput = 0;   // tokens of requests in time, a second of the load
  double tokens_per_second = 0;  // of all requests
  Samples refusal;
  Samples first_token, total;          // of those in time, from when they were due
  Samples late;                        // by how much they were sent later
  std::map<std::string, size_t> ends;  // how often each way of ending came
  RetryReport retries;
};

// `duration` is how long requests were sent; the goodput counts tokens by that time, whenever the
// last ones came.
OverloadReport MakeReport(const std::vector<RequestRecord>& records,
                          const std::vector<RetryOutcome>& retries, absl::Duration duration,
                          absl::Duration deadline, absl::Duration poll);

std::string ToText(const OverloadReport& report);
std::string ToJson(const OverloadReport& report);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_OVERLOAD_OVERLOAD_REPORT_H_
