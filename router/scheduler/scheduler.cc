#include "router/scheduler/scheduler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/check.h"

namespace baton {

// A sequence is its journal; the rest can be had again.
struct Scheduler::Sequence {
  SequenceRequest request;
  std::vector<int32_t> tokens;  // the journal: prompt, then what was committed
  bool started = false;         // kStarted was sent
  // While running:
  uint32_t slot = 0;
  uint32_t num_computed = 0;
  BlockLease lease;

  uint32_t prompt_length() const { return static_cast<uint32_t>(request.prompt.size()); }
  uint32_t num_output() const { return static_cast<uint32_t>(tokens.size()) - prompt_length(); }
  uint32_t num_pending() const { return static_cast<uint32_t>(tokens.size()) - num_computed; }
  uint64_t most_tokens() const { return uint64_t{prompt_length()} + request.max_tokens; }
};

Scheduler::Scheduler(const SchedulerOptions& options)
    : options_(options), pool_(options.num_blocks) {
  BATON_CHECK(options.max_running <= options.max_step_rows &&
              options.max_running <= options.max_step_tokens);
  for (uint32_t slot = options.max_running; slot > 0; --slot) free_slots_.push_back(slot - 1);
}

Scheduler::~Scheduler() = default;

absl::Status Scheduler::Add(SequenceRequest request) {
  BATON_CHECK(!request.prompt.empty() && request.max_tokens > 0);
  const uint64_t tokens = request.prompt.size() + uint64_t{request.max_tokens};
  if (BlocksFor(tokens) > pool_.num_blocks()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("prompt and maximum output are %d tokens together; the KV memory holds %d",
                        tokens, pool_.num_blocks() * options_.block_size));
  }
  if (waiting_.size() >= options_.max_queue_requests) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("the queue is full: %d requests wait", waiting_.size()));
  }
  if (queue_tokens_ + tokens > options_.max_queue_tokens) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("the queue is full: %d tokens wait, this request adds %d, the limit is %d",
                        queue_tokens_, tokens, options_.max_queue_tokens));
  }
  auto sequence = std::make_unique<Sequence>();
  sequence->tokens = request.prompt;
  sequence->request = std::move(request);
  queue_tokens_ += tokens;
  waiting_.push_back(std::move(sequence));
  return absl::OkStatus();
}

Scheduler::SequencePtr Scheduler::TakeFromRunning(SequenceId id) {
  const auto it = running_.find(id);
  SequencePtr s = std::move(it->second);
  running_.erase(it);
  running_tokens_ -= s->most_tokens();
  ended_slots_.push_back(s->slot);
  free_slots_.push_back(s->slot);
  s->lease.Release();
  s->num_computed = 0;
  return s;
}

bool Scheduler::Cancel(SequenceId id) {
  if (running_.count(id) > 0) {
    TakeFromRunning(id);
    return true;
  }
  const auto it = std::find_if(waiting_.begin(), waiting_.end(),
                               [id](const SequencePtr& s) { return s->request.id == id; });
  if (it == waiting_.end()) return false;
  queue_tokens_ -= (*it)->most_tokens();
  waiting_.erase(it);
  return true;
}

void Scheduler::Expire(absl::Time now, std::vector<SchedulerEvent>* events) {
  std::vector<SequenceId> expired;
  for (const auto& [id, s] : running_) {
    if (s->request.deadline <= now) expired.push_back(id);
  }
  for (const SequencePtr& s : waiting_) {
    if (s->request.deadline <= now) expired.push_back(s->request.id);
  }
  for (SequenceId id : expired) {
    Cancel(id);
    SchedulerEvent event;
    event.kind = SchedulerEvent::Kind::kExpired;
    event.id = id;
    events->push_back(std::move(event));
  }
}

StepPlan Scheduler::Schedule(absl::Time now, std::vector<SchedulerEvent>* events) {
  BATON_CHECK(!waiting_for_result_);
  Expire(now, events);
  StepPlan plan;
  const uint32_t left = PlanRunning(options_.max_step_tokens, &plan);
  Admit(left, &plan, events);
  if (plan.empty()) return plan;
  plan.plan_id = flight_plan_ = next_plan_++;
  plan.ended_slots = std::move(ended_slots_);
  ended_slots_.clear();
  waiting_for_result_ = true;
  return plan;
}

uint32_t Scheduler::PlanRunning(uint32_t budget, StepPlan* plan) {
  // Every sequence that decodes gets its token: prompts share what is left.
  uint32_t decodes = 0;
  for (const auto& [id, s] : running_) decodes += s->num_pending() == 1;
  for (auto it = running_.begin(); it != running_.end(); ++it) {
    Sequence& s = *it->second;
    const bool decode = s.num_pending() == 1;
    const uint32_t count = decode ? 1 : std::min(s.num_pending(), budget - decodes);
    if (count == 0) continue;
    const int64_t known_blocks = s.lease.size();
    while (!s.lease.GrowTo(BlocksFor(uint64_t{s.num_computed} + count))) {
      const Sequence* youngest = running_.rbegin()->second.get();
      if (youngest->num_pending() == 1) --decodes;
      const bool itself = youngest == &s;
      PreemptYoungest();
      if (itself) return budget;  // it was the last one
    }
    if (s.lease.size() > known_blocks) {
      const std::vector<int32_t>& blocks = s.lease.blocks();
      plan->grows.push_back({s.slot, {blocks.begin() + known_blocks, blocks.end()}});
    }
    PlanWork(s, count, plan);
    budget -= count;
    if (decode) --decodes;
  }
  return budget;
}

void Scheduler::PlanWork(Sequence& s, uint32_t count, StepPlan* plan) {
  PlannedWork work;
  work.slot = s.slot;
  work.position = s.num_computed;
  work.num_tokens = count;
  s.num_computed += count;
  if (s.num_pending() == 0) {
    PlannedRow row;
    row.position = s.num_computed - 1;
    row.sample = true;
    row.want_logprobs = s.request.num_logprobs.has_value();
    row.num_top = s.request.num_logprobs.value_or(0);
    flight_.push_back({s.request.id, s.slot, row.position});
    work.rows.push_back(row);
  }
  plan->work.push_back(std::move(work));
}

void Scheduler::Admit(uint32_t budget, StepPlan* plan, std::vector<SchedulerEvent>* events) {
  while (budget > 0 && !waiting_.empty() && !free_slots_.empty()) {
    Sequence& next = *waiting_.front();
    BlockLease lease = pool_.NewLease();
    // Room for the whole journal, so that nobody is admitted only to be pre-empted within its
    // prompt.
    if (!lease.GrowTo(BlocksFor(next.tokens.size()))) return;
    SequencePtr s = std::move(waiting_.front());
    waiting_.pop_front();
    queue_tokens_ -= s->most_tokens();
    running_tokens_ += s->most_tokens();
    s->lease = std::move(lease);
    s->slot = free_slots_.back();
    free_slots_.pop_back();
    PlannedStart start;
    start.slot = s->slot;
    start.tokens = s->tokens;
    start.prompt_length = s->prompt_length();
    start.blocks = s->lease.blocks();
    start.sampling = s->request.sampling;
    plan->starts.push_back(std::move(start));
    const uint32_t count = std::min(s->num_pending(), budget);
    PlanWork(*s, count, plan);
    budget -= count;
    if (!s->started) {
      s->started = true;
      SchedulerEvent event;
      event.kind = SchedulerEvent::Kind::kStarted;
      event.id = s->request.id;
      events->push_back(std::move(event));
    }
    running_.emplace(s->request.id, std::move(s));
  }
}

void Scheduler::PreemptYoungest() {
  SequencePtr s = TakeFromRunning(running_.rbegin()->first);
  queue_tokens_ += s->most_tokens();
  ++num_preemptions_;
  waiting_.push_front(std::move(s));
}

void Scheduler::Commit(Sequence& s, const RowResult& row, std::vector<SchedulerEvent>* events) {
  SchedulerEvent event;
  event.id = s.request.id;
  if (!row.token.has_value()) {
    event.kind = SchedulerEvent::Kind::kFailed;
    TakeFromRunning(s.request.id);
    events->push_back(std::move(event));
    return;
  }
  s.tokens.push_back(*row.token);
  const std::vector<int32_t>& stops = s.request.stop_token_ids;
  event.token = *row.token;
  event.logprob = row.logprob;
  event.top_tokens = row.top_tokens;
  event.top_logprobs = row.top_logprobs;
  event.stopped_by_token = std::find(stops.begin(), stops.end(), *row.token) != stops.end();
  event.finished = event.stopped_by_token || s.num_output() >= s.request.max_tokens;
  if (event.finished) TakeFromRunning(s.request.id);
  events->push_back(std::move(event));
}

absl::Status Scheduler::Update(const StepResult& result, std::vector<SchedulerEvent>* events) {
  if (!waiting_for_result_ || result.plan_id != flight_plan_) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "a result of plan %d came; plan %d is in flight", result.plan_id, flight_plan_));
  }
  if (result.rows.size() != flight_.size()) {
    return absl::InternalError(absl::StrFormat("plan %d asked for %d rows and got %d",
                                               result.plan_id, flight_.size(), result.rows.size()));
  }
  for (size_t i = 0; i < flight_.size(); ++i) {
    if (result.rows[i].slot != flight_[i].slot || result.rows[i].position != flight_[i].position) {
      return absl::InternalError(absl::StrFormat(
          "plan %d asked for slot %d position %d and got slot %d position %d", result.plan_id,
          flight_[i].slot, flight_[i].position, result.rows[i].slot, result.rows[i].position));
    }
  }
  for (size_t i = 0; i < flight_.size(); ++i) {
    const auto it = running_.find(flight_[i].id);
    if (it != running_.end())
      Commit(*it->second, result.rows[i], events);  // else it was cancelled meanwhile
  }
  flight_.clear();
  waiting_for_result_ = false;
  return absl::OkStatus();
}

}  // namespace baton
