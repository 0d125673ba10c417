// The sequences that a worker runs: for each slot its journal, its blocks and how it is sampled. A
// pure state machine that trusts nobody: a router's bug must not become a worker's memory bug.
#ifndef BATON_WORKER_RUNNER_SLOT_TABLE_H_
#define BATON_WORKER_RUNNER_SLOT_TABLE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "worker/runner/plan.h"

namespace baton {

struct Slot {
  bool used = false;
  uint64_t run = 0;             // names this use of the slot
  std::vector<int32_t> tokens;  // the journal, samples included; kUnknownToken: to be sampled, or
                                // to be received, yet
  uint32_t prompt_length = 0;
  uint32_t num_computed = 0;
  std::vector<int32_t> blocks;
  SamplingRule sampling;
};

constexpr int32_t kUnknownToken = -1;

// A sample's place in a journal. It may be gone by the time that the token is known.
struct SamplePlace {
  uint32_t slot = 0;
  uint64_t run = 0;
  uint32_t index = 0;
};

class SlotTable {
 public:
  explicit SlotTable(const PlanLimits& limits) : limits_(limits), slots_(limits.max_slots) {}

  // Checks a plan whole against the slots and the limits, then applies its ends, starts and grows
  // and marks its work as computed. INVALID_ARGUMENT names what is wrong; the table is then
  // unchanged.
  absl::Status Apply(const Plan& plan);

  // Makes room at the end of a slot's journal for a token that is being sampled. The slot must be
  // in use.
  SamplePlace AppendUnknown(uint32_t slot);
  // The token that belongs there. Nothing happens if the slot has another use by now. What is not
  // in the vocabulary (there was nothing to sample from) stands as token 0: the router ends the
  // sequence.
  void Fill(const SamplePlace& place, int32_t token);
  // Whether all tokens of the slot that `work` computes are known.
  bool KnowsTokensOf(const SlotWork& work) const;

  const Slot& slot(uint32_t index) const { return slots_[index]; }
  const PlanLimits& limits() const { return limits_; }

  // Frees every slot; `num_blocks` is the size of the next epoch's pool.
  void Reset(int64_t num_blocks);

 private:
  struct Lengths;  // of a slot, as the plan's parts change them
  absl::Status Check(const Plan& plan) const;
  absl::Status CheckBlocks(const std::vector<int32_t>& blocks, uint32_t slot) const;
  absl::Status CheckStart(const SlotStart& start) const;
  absl::Status CheckSampling(const SlotStart& start) const;
  absl::Status CheckWork(const SlotWork& work, const Lengths& lengths) const;

  PlanLimits limits_;
  std::vector<Slot> slots_;
  uint64_t next_run_ = 1;
};

}  // namespace baton

#endif  // BATON_WORKER_RUNNER_SLOT_TABLE_H_
