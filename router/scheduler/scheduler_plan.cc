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
  draft.take_turns = options_.num_stages > 1 && !flights_.empty();
  draft.work.reserve(running_.size());
  while (true) {
    draft.work.clear();
    draft.tokens_left = options_.max_step_tokens;
    draft.rows_left = options_.max_step_rows;
    draft.prompt_rows_left = std::max(1u, options_.max_step_rows - options_.max_running);
    ChooseDecodes(&draft);
    ChoosePrompts(&draft, events);
    draft.DropWhatIsGone();
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
  draft->prompts_run = false;
  for (Sequence* s : running_) {
    if (!is_decode(*s)) {
      draft->prompts_run = true;
      continue;
    }
    ++num_decodes;
    if (CanPlan(*s, draft->take_turns)) draft->work.emplace_back(s, 1);
  }
  uint32_t most = options_.max_step_tokens;
  if (draft->prompts_run || !waiting_.empty()) most -= std::min(most - 1, std::max(1u, most / 8));
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
  std::vector<Draft::Work> decodes = std::move(draft->work);
  const auto more_urgent = [](const Draft::Work& a, const Draft::Work& b) {
    return a.sequence->urgency < b.sequence->urgency;
  };
  if (!std::is_sorted(decodes.begin(), decodes.end(), more_urgent))
    std::sort(decodes.begin(), decodes.end(), more_urgent);
  // The most urgent first: whom it takes blocks from has not got any in this plan.
  draft->work.clear();
  draft->work.reserve(running_.size() + 8);
  for (const Draft::Work& work : decodes) {
    if (!work.gone()) AddRunning(*work.sequence, 1, draft);
  }
}

uint32_t Scheduler::ChunkFor(const Sequence& s, const Draft& draft) const {
  const uint32_t most = std::min(s.num_pending(), draft.tokens_left);
  if (!s.request.num_prompt_logprobs.has_value()) {
    // The last token brings a row.
    return most == s.num_pending() && draft.rows_left == 0 ? most - 1 : most;
  }
  Rows rows;
  for (uint32_t i = 0; i < most; ++i) {
    const Rows next = rows + RowsOf(s, s.num_computed + i, 1);
    if (next.prompt > draft.prompt_rows_left || next.total() > draft.rows_left) return i;
    rows = next;
  }
  return most;
}

Scheduler::Rows Scheduler::RowsOf(const Sequence& s, uint32_t position, uint32_t count) const {
  Rows rows;
  const uint32_t end = position + count;
  if (s.request.num_prompt_logprobs.has_value()) {
    for (uint32_t p = position; p < end; ++p) rows.prompt += s.WantsPromptRow(p);
  }
  rows.samples = end == s.virtual_length();
  return rows;
}

void Scheduler::Add(Sequence& s, uint32_t count, Draft* draft) {
  const Rows rows = RowsOf(s, s.num_computed, count);
  draft->work.emplace_back(&s, count);
  draft->tokens_left -= count;
  draft->rows_left -= rows.total();
  draft->prompt_rows_left -= std::min(rows.prompt, draft->prompt_rows_left);
}

void Scheduler::AddRunning(Sequence& s, uint32_t count, Draft* draft) {
  while (!s.lease.GrowTo(BlocksFor(uint64_t{s.num_computed} + count))) {
    if (PreemptBelow(s.urgency)) continue;
    // Nobody has less right to blocks. What is under way may yet end it, or be of use when it runs
    // again: until then it sits out.
    if (s.samples_in_flight == 0) Preempt(s);
    return;
  }
  Add(s, count, draft);
}

void Scheduler::ChoosePrompts(Draft* draft, std::vector<SchedulerEvent>* events) {
  // Those that run and those that wait in one order. Both lists change under way: the cursors are
  // urgencies.
  absl::optional<Urgency> last_running, last_waiting;
  int skipped = 0;
  while (draft->tokens_left > 0 && draft->rows_left > 0) {
    Sequence* r = draft->prompts_run ? NextRunningPrompt(last_running, draft->take_turns) : nullptr;
    Sequence* w = skipped < kMaxSkipped ? NextWaiting(last_waiting) : nullptr;
    if (r == nullptr && w == nullptr) break;
    if (w == nullptr || (r != nullptr && r->urgency < w->urgency)) {
      last_running = r->urgency;
      const uint32_t count = ChunkFor(*r, *draft);
      if (count > 0) AddRunning(*r, count, draft);
      continue;
    }
    last_waiting = w->urgency;
    const bool no_row = draft->prompt_rows_left == 0 && w->WantsPromptRow(w->num_prompt_rows);
    if (no_row || WaitsForAnother(*w)) {
      ++skipped;
    } else if (!Place(*w)) {
      skipped = kMaxSkipped;  // nobody overtakes it
    } else {
      const uint32_t count = ChunkFor(*w, *draft);
      BATON_CHECK(count > 0);
      Add(*w, count, draft);
      TellStarted(*w, events);
    }
  }
}

Scheduler::Sequence* Scheduler::NextRunningPrompt(const absl::optional<Urgency>& after,
                                                  bool take_turns) const {
  auto it = running_.begin();
  if (after.has_value()) {
    it = std::upper_bound(running_.begin(), running_.end(), *after,
                          [](const Urgency& a, const Sequence* b) { return a < b->urgency; });
  }
  for (; it != running_.end(); ++it) {
    const Sequence& s = **it;
    // Not what was placed by this very plan: it has its chunk.
    if (s.num_pending() > 1 && s.num_told_blocks > 0 && CanPlan(s, take_turns)) return *it;
  }
  return nullptr;
}

Scheduler::Sequence* Scheduler::NextWaiting(const absl::optional<Urgency>& after) const {
  const auto it = after.has_value() ? waiting_.upper_bound(*after) : waiting_.begin();
  return it == waiting_.end() ? nullptr : it->second;
}

void Scheduler::TellStarted(Sequence& s, std::vector<SchedulerEvent>* events) {
  if (s.started) return;
  s.started = true;
  events->emplace_back();
  events->back().kind = SchedulerEvent::Kind::kStarted;
  events->back().id = s.request.id;
  events->back().cached_tokens = s.num_computed;
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

bool Scheduler::WaitsForAnother(Sequence& s) const {
  const auto someone_computes = [this, &s](const BlockHash& hash) {
    const auto it = expected_.find(hash);
    return it != expected_.end() && it->second->urgency < s.urgency;
  };
  // Most often what it waited for last time.
  if (s.awaited.has_value() && someone_computes(*s.awaited)) return true;
  s.awaited.reset();
  const size_t usable = s.num_usable_hashes(options_.block_size);
  const size_t known =
      static_cast<size_t>(pool_.MatchedPrefix(absl::MakeConstSpan(s.hashes.data(), usable)));
  if (known == usable || !someone_computes(s.hashes[known])) return false;
  s.awaited = s.hashes[known];
  return true;
}

bool Scheduler::CouldPlace(const Sequence& s, int64_t wanted) const {
  std::vector<const BlockLease*> victims;
  for (const Sequence* r : running_) {
    if (r->paused || s.urgency < r->urgency) victims.push_back(&r->lease);
  }
  if (free_slots_.empty() && victims.empty()) return false;
  return wanted <= pool_.num_free() || wanted <= pool_.num_free() + pool_.NumFreedBy(victims);
}

bool Scheduler::Place(Sequence& s) {
  BlockLease lease = pool_.NewLease();
  const int64_t cached = lease.TakePrefix(
      absl::MakeConstSpan(s.hashes.data(), s.num_usable_hashes(options_.block_size)));
  // Room for the whole journal, so that nobody starts only to be stopped within its prompt; and
  // when it runs again for the next token too, so that it is not stopped before it has got
  // anywhere.
  const uint64_t tokens = s.tokens.size() + (s.started ? 1 : 0);
  const int64_t wanted = BlocksFor(std::min(tokens, s.most_tokens()));
  if (!CouldPlace(s, wanted - cached)) return false;
  while (free_slots_.empty() || !lease.GrowTo(wanted)) {
    if (!PreemptBelow(s.urgency)) return false;
  }
  Start(s, std::move(lease), cached);
  return true;
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
