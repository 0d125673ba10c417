// One trial of the exactness tests as plain data: a group, how it is scheduled, and what is asked
// of it when. It is made of a seed (random_trial.h), run (run_trial.h), and cut down when it fails
// (shrink.h).
#ifndef BATON_TESTS_EXACTNESS_TRIAL_H_
#define BATON_TESTS_EXACTNESS_TRIAL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "router/engine/request.h"
#include "router/scheduler/scheduler.h"

namespace baton {

// Time is counted in ticks.
struct TrialRequest {
  EngineRequest request;
  uint32_t submit_at = 0;
  absl::optional<uint32_t> cancel_after;  // so many ticks after it was submitted
  uint32_t pause_every = 0;  // its client has had enough after so many pieces; 0: never
  uint32_t pause_ticks = 0;  // and wants more after so many ticks
  // It goes on where the answer to an earlier request ends, as in a conversation: its prompt is
  // what that one is told alone and then its own. Resolved before the trial runs (property.h).
  absl::optional<size_t> follows;
  uint32_t given_before = 0;   // once it is resolved: the length of the earlier request's prompt
  bool brings_hashes = false;  // the names of its prompt's blocks come with it
};

struct Trial {
  uint64_t seed = 0;
  std::string model;
  int tp = 1;
  int pp = 1;
  SchedulerOptions scheduler;
  // How likely it is in a tick that the engine has its turn, and that a result comes back.
  uint32_t turn_percent = 100;
  uint32_t result_percent = 100;
  std::vector<TrialRequest> requests;  // submit_at ascends
};

// All of it, so that equal texts mean equal requests; what is as by default is left out.
std::string Describe(const EngineRequest& request);
std::string Describe(const Trial& trial);

}  // namespace baton

#endif  // BATON_TESTS_EXACTNESS_TRIAL_H_
