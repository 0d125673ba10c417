// What a scheduler asks a group to do, and what comes back: plain values. The link turns them into
// the wire's messages.
#ifndef BATON_ROUTER_SCHEDULER_STEP_H_
#define BATON_ROUTER_SCHEDULER_STEP_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/types/optional.h"

namespace baton {

// How a sequence's tokens are chosen, as the worker is told (proto/baton/worker/v1: SlotSampling,
// where every field is explained).
struct SequenceSampling {
  float temperature = 0.0f;
  uint32_t top_k = 0;
  float top_p = 1.0f;
  float min_p = 0.0f;
  float repetition_penalty = 1.0f;
  float presence_penalty = 0.0f;
  float frequency_penalty = 0.0f;
  std::vector<std::pair<int32_t, float>> logit_bias;  // by id, ascending
  std::vector<int32_t> allowed_token_ids;             // ascending
  std::vector<std::vector<int32_t>> bad_words;
  uint32_t min_tokens = 0;
  std::vector<int32_t> stop_token_ids;
  uint64_t seed = 0;
  uint32_t choice = 0;
};

// A sequence takes a slot, with its whole journal.
struct PlannedStart {
  uint32_t slot = 0;
  std::vector<int32_t> tokens;
  uint32_t prompt_length = 0;
  uint32_t num_computed = 0;
  std::vector<int32_t> blocks;
  SequenceSampling sampling;
};

struct PlannedGrow {
  uint32_t slot = 0;
  std::vector<int32_t> blocks;
};

struct PlannedRow {
  uint32_t position = 0;
  bool sample = false;
  bool want_logprobs = false;
  uint32_t num_top = 0;
};

struct PlannedWork {
  uint32_t slot = 0;
  uint32_t position = 0;
  uint32_t num_tokens = 0;
  uint32_t num_rows = 0;  // the next ones of the plan's rows
};

// One step, as a delta against those before: ends, then starts, grows and work.
struct StepPlan {
  uint64_t plan_id = 0;  // counts from 1
  std::vector<uint32_t> ended_slots;
  std::vector<PlannedStart> starts;
  std::vector<PlannedGrow> grows;
  std::vector<PlannedWork> work;
  std::vector<PlannedRow> rows;  // of all work, in its order
  bool empty() const { return work.empty(); }
};

struct RowResult {
  uint32_t slot = 0;
  uint32_t position = 0;
  absl::optional<int32_t> token;  // unset though a sample was wanted: the logits were not numbers,
  bool no_choice = false;         // or the rules leave no token
  absl::optional<float> logprob;
  std::vector<int32_t> top_tokens;
  std::vector<float> top_logprobs;
};

struct StepResult {
  uint64_t plan_id = 0;
  std::vector<RowResult> rows;
  uint64_t compute_ns = 0;  // without wait_ns
  uint64_t wait_ns = 0;     // for other ranks, within the step
  uint64_t idle_ns = 0;     // between the end of the step before and the beginning of this one
};

}  // namespace baton

#endif  // BATON_ROUTER_SCHEDULER_STEP_H_
