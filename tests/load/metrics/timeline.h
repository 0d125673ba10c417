// What happened in each second of a run.
#ifndef BATON_TESTS_LOAD_METRICS_TIMELINE_H_
#define BATON_TESTS_LOAD_METRICS_TIMELINE_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "tests/load/request/request_record.h"

namespace baton {

// Vectors of the same length, an entry for each interval since the run's start.
struct Timeline {
  absl::Duration interval;
  std::vector<uint64_t> output_tokens, chunks, sent, ended;
  std::vector<uint64_t> running;  // the most requests under way at one moment of the interval
};

// The interval is a second, or a tenth of one for runs of less than 20 s.
Timeline MakeTimeline(const std::vector<RequestRecord>& records, absl::Time start, absl::Time end);

// The most requests under way at one moment.
uint64_t PeakConcurrency(const std::vector<RequestRecord>& records);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_METRICS_TIMELINE_H_
