#include "router/scheduler/fake_group.h"

#include "absl/strings/str_cat.h"

namespace baton {
namespace {

uint64_t Mix(uint64_t h, uint64_t x) {
  h = (h ^ x) * 0x9E3779B97F4A7C15u;
  return h ^ (h >> 29);
}

}  // namespace

int32_t FakeGroup::NextToken(const std::vector<int32_t>& journal,
                             const SequenceSampling& sampling) const {
  uint64_t h = Mix(sampling.seed, sampling.choice);
  for (int32_t t : journal) h = Mix(h, static_cast<uint64_t>(t) + 1);
  return first_token_ + static_cast<int32_t>((h >> 20) % static_cast<uint64_t>(num_tokens_));
}

void FakeGroup::Start(const PlannedStart& start) {
  Slot slot;
  slot.tokens = start.tokens;
  slot.blocks = start.blocks;
  slot.prompt_length = start.prompt_length;
  slot.computed = start.num_computed;
  slot.sampling = start.sampling;
  if (start.num_computed >= start.tokens.size()) Fault("a slot starts with all tokens computed");
  for (uint32_t p = 0; p < start.num_computed; ++p) {
    slot.prefix = Mix(slot.prefix, static_cast<uint64_t>(slot.tokens[p]) + 1);
  }
  if (start.slot >= options_.max_running) Fault("a slot beyond the last");
  if (!slots_.emplace(start.slot, std::move(slot)).second) Fault("a slot starts twice");
}

void FakeGroup::Compute(Slot& slot, const PlannedWork& work) {
  if (work.position != slot.computed) Fault("work is not where the slot is");
  const uint32_t end = work.position + work.num_tokens;
  if (end > slot.tokens.size()) return Fault("work beyond the journal");
  if (end > slot.blocks.size() * options_.block_size) return Fault("work beyond the blocks");
  // What attention reads.
  uint64_t prefix = 0;
  for (uint32_t p = 0; p < work.position; ++p) {
    prefix = Mix(prefix, static_cast<uint64_t>(slot.tokens[p]) + 1);
    if (At(slot, p) != prefix) Fault(absl::StrCat("position ", p, " of a slot holds another's"));
  }
  for (uint32_t p = work.position; p < end; ++p) {
    prefix = Mix(prefix, static_cast<uint64_t>(slot.tokens[p]) + 1);
    At(slot, p) = prefix;
  }
  slot.computed = end;
  tokens_computed_ += work.num_tokens;
}

StepResult FakeGroup::Run(const StepPlan& plan) {
  StepResult result;
  result.plan_id = plan.plan_id;
  if (plan.plan_id != ++last_plan_) Fault("a plan is missing");
  for (uint32_t slot : plan.ended_slots) {
    if (slots_.erase(slot) != 1) Fault("a slot ends that is not in use");
  }
  for (const PlannedStart& start : plan.starts) Start(start);
  for (const PlannedGrow& grow : plan.grows) {
    auto& blocks = slots_.at(grow.slot).blocks;
    blocks.insert(blocks.end(), grow.blocks.begin(), grow.blocks.end());
  }
  uint32_t tokens = 0;
  size_t next_row = 0;
  for (const PlannedWork& work : plan.work) {
    Slot& slot = slots_.at(work.slot);
    tokens += work.num_tokens;
    Compute(slot, work);
    for (uint32_t i = 0; i < work.num_rows; ++i) {
      const PlannedRow& row = plan.rows[next_row++];
      RowResult r;
      r.slot = work.slot;
      r.position = row.position;
      if (row.want_logprobs) r.logprob = -static_cast<float>(row.position) / 8;
      if (row.sample && slot.tokens.back() != failing_token_) {
        if (row.position + 1 != slot.tokens.size()) Fault("a sample not at the journal's end");
        r.token = NextToken(slot.tokens, slot.sampling);
      }
      if (row.sample) slot.tokens.push_back(r.token.value_or(first_token_));
      result.rows.push_back(std::move(r));
    }
  }
  if (tokens > options_.max_step_tokens) Fault("more tokens than a step holds");
  if (plan.rows.size() > options_.max_step_rows) Fault("more rows than a step holds");
  if (next_row != plan.rows.size()) Fault("rows without work");
  return result;
}

}  // namespace baton
