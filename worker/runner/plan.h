// A step as the worker sees it: plain values, made of the wire's messages by the link and checked
// by the slot table.
#ifndef BATON_WORKER_RUNNER_PLAN_H_
#define BATON_WORKER_RUNNER_PLAN_H_

#include <cstdint>
#include <vector>

#include "absl/types/optional.h"
#include "kernels/sampling_rule.h"

namespace baton {

// A sequence takes a free slot, with its whole journal.
struct SlotStart {
  uint32_t slot = 0;
  std::vector<int32_t> tokens;
  uint32_t prompt_length = 0;
  uint32_t num_computed = 0;  // leading tokens whose keys and values are in `blocks`
  std::vector<int32_t> blocks;
  SamplingRule sampling;
};

struct SlotGrow {
  uint32_t slot = 0;
  std::vector<int32_t> blocks;
};

struct OutputRow {
  uint32_t position = 0;
  bool sample = false;  // only at the journal's last position
  bool want_logprobs = false;
  uint32_t num_top = 0;  // at most 20
};

struct SlotWork {
  uint32_t slot = 0;
  uint32_t position = 0;  // of the first token; all before are computed
  uint32_t num_tokens = 0;
  std::vector<OutputRow> rows;  // ascending
};

// Applied in this order: ended, starts, grows, work.
struct Plan {
  std::vector<uint32_t> ended_slots;
  std::vector<SlotStart> starts;
  std::vector<SlotGrow> grows;
  std::vector<SlotWork> work;
};

struct RowOutput {
  uint32_t slot = 0;
  uint32_t position = 0;
  absl::optional<int32_t> token;
  absl::optional<float> logprob;
  std::vector<int32_t> top_tokens;
  std::vector<float> top_logprobs;
  bool no_choice = false;  // the rules leave no token
};

// What a step gave: a row for each asked for, in the plan's order. On ranks other than the sampling
// one, tokens alone.
struct StepOutput {
  std::vector<RowOutput> rows;
  uint64_t compute_ns = 0;  // without wait_ns
  uint64_t wait_ns = 0;     // for other ranks, within the step
  uint64_t idle_ns = 0;     // between the end of the step before and the beginning of this one
};

// What plans may hold; every plan is checked against it.
struct PlanLimits {
  uint32_t max_slots = 64;
  uint32_t max_step_tokens = 512;
  uint32_t max_step_rows = 64;
  uint32_t max_model_len = 8192;
  int64_t num_blocks = 0;
  uint32_t block_size = 16;
  int32_t vocab_size = 0;
};

}  // namespace baton

#endif  // BATON_WORKER_RUNNER_PLAN_H_
