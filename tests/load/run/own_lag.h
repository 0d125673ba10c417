// How late the load tool itself was: a tool that can not keep up measures itself.
#ifndef BATON_TESTS_LOAD_RUN_OWN_LAG_H_
#define BATON_TESTS_LOAD_RUN_OWN_LAG_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace baton {

struct OwnLag {
  // For each request, in microseconds: sent later than it could have been, which is when it was due
  // or, if later, when the cap let it go.
  std::vector<uint32_t> send_us;
  // How much later than asked for a timer went off, every millisecond of the run.
  std::vector<uint32_t> timer_us;
  double cpus_used = 0;       // by this process, on average
  double cpus_allowed = 0;    // on which it may run
  double busiest_thread = 0;  // the share of the time for which the busiest of its threads ran
  // Of the time that its threads wanted to run, the share in which they waited for a CPU.
  double runqueue_share = 0;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_RUN_OWN_LAG_H_
