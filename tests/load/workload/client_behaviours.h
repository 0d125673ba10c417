// Which clients go away, read slowly, or set a deadline. Pure: from a seed.
#ifndef BATON_TESTS_LOAD_WORKLOAD_CLIENT_BEHAVIOURS_H_
#define BATON_TESTS_LOAD_WORKLOAD_CLIENT_BEHAVIOURS_H_

#include <cstdint>

#include "absl/time/time.h"
#include "tests/load/request/load_request.h"
#include "tests/load/workload/deadline_spec.h"

namespace baton {

struct BehaviourOptions {
  double cancel_fraction = 0;                           // 0 to 1
  double slow_reader_fraction = 0;                      // 0 to 1
  absl::Duration read_pause = absl::Milliseconds(100);  // of slow readers, after each message
  DeadlineSpec deadline;                                // of all
};

// The behaviour of the client of request `index` and turn `turn`. One that cancels does so after a
// number of tokens drawn uniformly from 0 to max_tokens - 1, so never after the last. The three are
// drawn independently, and each does not change when another is set otherwise.
ClientBehaviour PickBehaviour(const BehaviourOptions& options, uint64_t seed, uint64_t index,
                              uint32_t turn, uint32_t max_tokens);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_CLIENT_BEHAVIOURS_H_
