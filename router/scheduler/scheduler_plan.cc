// The parts of Scheduler::Schedule.
#include <algorithm>
#include <utility>

#include "common/check.h"
#include "router/scheduler/scheduler.h"
#include "router/scheduler/scheduler_sequence.h"

namespace baton {
namespace {

// Sequences of the queue that are looked at for one plan though they wait for another's blocks.
constexpr int kMaxSkipped = 64;

}  // namespace

StepPlan Scheduler::Schedule(absl::Time now, std::vector<SchedulerEvent>* events) {
  BATON_CHECK(CanSchedule());
  Expire(now, events);
  Draft draft;
  draft.plan_id = next_plan_;
  draft.take_turns = options_.num_stages > 1 && !flights_.empty();
  draft.work.reserve(running_.size());
  while (true) {
    draft.work.clear();
    draft.tokens_left = options_.max_step_tokens;
    draft.rows_left = options_.max_step_rows;
    ChooseDecodes(&draft);
    ChooseChunks(&draft);
    FindBlocks(&draft);
    Admit(&draft, events);
    if (!draft.work.empty() || !draft.take_turns) break;
    draft.take_turns = false;  // better to wait for a sample in a worker than here
  }
  return draft.work.empty() ? StepPlan() : Write(draft);
}

void Scheduler::Expire(absl::Time now, std::vector<SchedulerEvent>* events) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    events->emplace_back();
    events->back().kind = SchedulerEvent::Kind::kExpired;
    events->back().id = deadlines_.begin()->second;
    Remove(*Find(deadlines_.begin()->second));
  }
}

bool Scheduler::CanPlan(const Sequence& s, bool take_turns) const {
  if (s.paused || s.num_output() + s.samples_in_flight >= s.request.max_tokens) return false;
  if (s.samples_in_flight == 0) return s.num_pending() > 0;
  if (s.samples_in_flight > s.request.run_ahead) return false;
  return !take_turns || s.last_plan + options_.num_stages <= next_plan_;
}

void Scheduler::ChooseDecodes(Draft* draft) {
  const auto is_decode = [](const Sequence& s) { return s.num_pending() == 1; };
  uint32_t num_decodes = 0;
  bool prompts = !waiting_.empty();
  for (Sequence* s : running_) {
    if (!is_decode(*s)) {
      prompts = true;
      continue;
    }
    ++num_decodes;
    if (CanPlan(*s, draft->take_turns)) draft->work.emplace_back(s, 1);
  }
  uint32_t most = options_.max_step_tokens;
  if (prompts) most -= std::min(most - 1, std::max(1u, most / 8));
  if (draft->take_turns || (options_.num_stages > 1 && num_decodes > 1)) {
    most = std::min(most, (num_decodes + options_.num_stages - 1) / options_.num_stages);
  }
  if (draft->work.size() > most) {
    // Those that have waited longest, in their order of urgency.
    std::stable_sort(draft->work.begin(), draft->work.end(),
                     [](const Draft::Work& a, const Draft::Work& b) {
                       return a.sequence->last_plan < b.sequence->last_plan;
                     });
    draft->work.erase(draft->work.begin() + most, draft->work.end());
  }
  draft->tokens_left -= static_cast<uint32_t>(draft->work.size());
  draft->rows_left -= static_cast<uint32_t>(draft->work.size());
}

uint32_t Scheduler::ChunkFor(const Sequence& s, const Draft& draft) const {
  uint32_t count = std::min(s.num_pending(), draft.tokens_left);
  if (!s.request.num_prompt_logprobs.has_value()) {
    // The last token brings a row.
    return count == s.num_pending() && draft.rows_left == 0 ? count - 1 : count;
  }
  uint32_t rows = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t position = s.num_computed + i;
    rows += s.WantsPromptRow(position) || position + 1 == s.virtual_length();
    if (rows > draft.rows_left) return i;
  }
  return count;
}

void Scheduler::ChooseChunks(Draft* draft) {
  for (Sequence* s : running_) {
    if (draft->tokens_left == 0) break;
    if (s->num_pending() <= 1 || !CanPlan(*s, draft->take_turns)) continue;
    const uint32_t count = ChunkFor(*s, *draft);
    if (count == 0) continue;
    draft->work.emplace_back(s, count);
    draft->tokens_left -= count;
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t position = s->num_computed + i;
      draft->rows_left -= s->WantsPromptRow(position) || position + 1 == s->virtual_length();
    }
  }
}

bool Scheduler::PreemptBelow(const Urgency& than) {
  for (auto it = running_.rbegin(); it != running_.rend(); ++it) {
    if (!(*it)->paused) continue;
    Preempt(**it);
    return true;
  }
  if (running_.empty() || !(than < running_.back()->urgency)) return false;
  Preempt(*running_.back());
  return true;
}

void Scheduler::FindBlocks(Draft* draft) {
  // The most urgent first: whom they take the blocks from has not got any in this plan.
  const auto more_urgent = [](const Draft::Work& a, const Draft::Work& b) {
    return a.sequence->urgency < b.sequence->urgency;
  };
  if (!std::is_sorted(draft->work.begin(), draft->work.end(), more_urgent)) {
    std::sort(draft->work.begin(), draft->work.end(), more_urgent);
  }
  const uint64_t preemptions = num_preemptions_;
  for (const Draft::Work& work : draft->work) {
    Sequence& s = *work.sequence;
    if (work.gone()) continue;
    while (!s.lease.GrowTo(BlocksFor(uint64_t{s.num_computed} + work.count))) {
      if (PreemptBelow(s.urgency)) continue;
      Preempt(s);
      break;
    }
  }
  if (num_preemptions_ > preemptions) draft->DropWhatIsGone();
}

bool Scheduler::WaitsForAnother(const Sequence& s) const {
  const size_t usable = s.num_usable_hashes(options_.block_size);
  const size_t known =
      static_cast<size_t>(pool_.MatchedPrefix(absl::MakeConstSpan(s.hashes.data(), usable)));
  if (known == usable) return false;
  const auto it = expected_.find(s.hashes[known]);
  return it != expected_.end() && it->second->urgency < s.urgency;
}

bool Scheduler::Place(Sequence& s) {
  while (free_slots_.empty()) {
    if (!PreemptBelow(s.urgency)) return false;
  }
  BlockLease lease = pool_.NewLease();
  const int64_t cached = lease.TakePrefix(
      absl::MakeConstSpan(s.hashes.data(), s.num_usable_hashes(options_.block_size)));
  // Room for the whole journal, so that nobody starts only to be stopped within its prompt; and
  // nobody is stopped in vain.
  int64_t reachable = lease.size() + pool_.num_free();
  for (const Sequence* r : running_) {
    if (r->paused || s.urgency < r->urgency) reachable += r->lease.size();
  }
  const int64_t wanted = BlocksFor(s.tokens.size());
  if (wanted > reachable) return false;
  while (!lease.GrowTo(wanted)) {
    if (!PreemptBelow(s.urgency)) return false;  // some of those blocks are shared
  }
  Start(s, std::move(lease), cached);
  return true;
}

void Scheduler::Admit(Draft* draft, std::vector<SchedulerEvent>* events) {
  const uint64_t preemptions = num_preemptions_;
  int skipped = 0;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (draft->tokens_left == 0 || draft->rows_left == 0) break;
    Sequence& s = *it->second;
    ++it;
    if (WaitsForAnother(s)) {
      if (++skipped == kMaxSkipped) break;
      continue;
    }
    if (!Place(s)) break;
    const uint32_t count = ChunkFor(s, *draft);
    BATON_CHECK(count > 0);
    draft->work.emplace_back(&s, count);
    draft->tokens_left -= count;
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t position = s.num_computed + i;
      draft->rows_left -= s.WantsPromptRow(position) || position + 1 == s.virtual_length();
    }
    if (s.started) continue;
    s.started = true;
    events->emplace_back();
    events->back().kind = SchedulerEvent::Kind::kStarted;
    events->back().id = s.request.id;
    events->back().cached_tokens = s.num_computed;
  }
  // Whoever was taken off its slot for these has no work.
  if (num_preemptions_ > preemptions) draft->DropWhatIsGone();
}

StepPlan Scheduler::Write(const Draft& draft) {
  StepPlan plan;
  Flight flight;
  plan.plan_id = flight.plan_id = next_plan_++;
  plan.ended_slots = std::move(ended_slots_);
  ended_slots_.clear();
  plan.work.reserve(draft.work.size());
  plan.rows.reserve(draft.work.size());
  flight.rows.reserve(draft.work.size());
  for (const Draft::Work& work : draft.work) {
    Sequence& s = *work.sequence;
    const std::vector<int32_t>& blocks = s.lease.blocks();
    if (s.num_told_blocks == 0) {
      PlannedStart start;
      start.slot = s.slot;
      start.tokens = s.tokens;
      start.prompt_length = s.prompt_length;
      start.num_computed = s.num_computed;
      start.blocks = blocks;
      start.sampling = s.request.sampling;
      plan.starts.push_back(std::move(start));
    } else if (s.num_told_blocks < s.lease.size()) {
      plan.grows.push_back({s.slot, {blocks.begin() + s.num_told_blocks, blocks.end()}});
    }
    s.num_told_blocks = s.lease.size();
    WriteWork(s, work.count, &plan, &flight);
  }
  flights_.push_back(std::move(flight));
  return plan;
}

void Scheduler::WriteWork(Sequence& s, uint32_t count, StepPlan* plan, Flight* flight) {
  PlannedWork work;
  work.slot = s.slot;
  work.position = s.num_computed;
  work.num_tokens = count;
  const auto add_row = [&](uint32_t position, bool sample, absl::optional<uint32_t> logprobs) {
    plan->rows.push_back({position, sample, logprobs.has_value(), logprobs.value_or(0)});
    flight->rows.push_back({s.slot, position, s.run, sample});
    ++work.num_rows;
  };
  if (s.request.num_prompt_logprobs.has_value()) {
    for (uint32_t p = s.num_computed; p < s.num_computed + count; ++p) {
      if (s.WantsPromptRow(p)) add_row(p, false, s.request.num_prompt_logprobs);
    }
  }
  s.num_computed += count;
  if (s.num_pending() == 0) {
    add_row(s.num_computed - 1, true, s.request.num_logprobs);
    ++s.samples_in_flight;
  }
  s.last_plan = plan->plan_id;
  plan->work.push_back(work);
  PublishBlocks(s);
}

}  // namespace baton
