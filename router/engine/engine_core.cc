#include "router/engine/engine_core.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/check.h"

namespace baton {
namespace {

// A request's choices are sequences with ids of their own.
SequenceId SequenceOf(uint64_t request, uint32_t choice) { return request * kMostChoices + choice; }

TokenLogprobs MakeLogprobs(const SchedulerEvent& event) {
  TokenLogprobs logprobs;
  logprobs.logprob = event.logprob.value_or(0.0f);
  logprobs.top.reserve(event.top_tokens.size());
  for (size_t i = 0; i < event.top_tokens.size(); ++i)
    logprobs.top.push_back({event.top_tokens[i], event.top_logprobs[i]});
  return logprobs;
}

SequenceSampling MakeSampling(const EngineRequest& request, uint32_t choice) {
  const SamplingParams& p = request.sampling;
  SequenceSampling s;
  s.temperature = p.temperature;
  s.top_k = p.top_k;
  s.top_p = p.top_p;
  s.min_p = p.min_p;
  s.repetition_penalty = p.repetition_penalty;
  s.presence_penalty = p.presence_penalty;
  s.frequency_penalty = p.frequency_penalty;
  s.logit_bias = p.logit_bias;
  s.allowed_token_ids = p.allowed_token_ids;
  s.bad_words = p.bad_words;
  s.min_tokens = request.stop.min_tokens;
  if (s.min_tokens > 0) s.stop_token_ids = request.stop.token_ids;
  s.seed = p.seed;
  s.choice = choice;
  return s;
}

absl::Status NothingToSample(bool no_choice) {
  if (!no_choice)
    return absl::InternalError("there is nothing to sample from: the logits are not numbers");
  return absl::InvalidArgumentError(
      "sampling: its rules (allowed_token_ids, bad_words, logit_bias, penalties, or stop tokens "
      "before min_tokens) leave no token to go on with");
}

}  // namespace

struct EngineCore::Request {
  Request(std::shared_ptr<const Tokenizer> tokenizer, EngineRequest request,
          std::shared_ptr<RequestSink> sink)
      : answer(std::move(tokenizer), std::move(request), std::move(sink)) {}
  Answer answer;
  bool started = false;                              // a choice has
  absl::Time paused_since = absl::InfiniteFuture();  // that: it is not paused
  // Of choice 0, for admission_: its first step was planned, or its latest token came. Infinite: it
  // has not started, or it has paused since.
  absl::Time last_progress = absl::InfiniteFuture();
};

EngineCore::EngineCore(std::string group, const EngineOptions& options, const Clock* clock,
                       PlanSink* plans)
    : group_(std::move(group)),
      options_(options),
      clock_(clock),
      plans_(plans),
      admission_(options.admission) {}

EngineCore::~EngineCore() = default;

void EngineCore::StartEpoch(EpochInfo info) {
  BATON_CHECK(scheduler_ == nullptr && requests_.empty());
  epoch_ = std::move(info);
  scheduler_ = std::make_unique<Scheduler>(epoch_.scheduler);
  admission_ = Admission(options_.admission);  // the group may be another one
  scheduler_->pool().LogIndexChanges(true);
}

void EngineCore::EndEpoch(const absl::Status& reason) {
  const bool had_index = scheduler_ != nullptr;
  if (had_index) preemptions_ += scheduler_->num_preemptions();
  scheduler_.reset();
  plan_waited_.clear();
  nothing_to_do_ = true;
  oldest_plan_since_ = absl::InfiniteFuture();
  while (!requests_.empty()) Fail(requests_.begin()->first, reason);
  if (had_index) plans_->OnIndexLost();  // last: nobody waits for it
}

QueueLoad EngineCore::Load() const {
  return {queued_requests_, scheduler_->queued_tokens(), scheduler_->num_running() > 0};
}

uint64_t EngineCore::TokensAhead(const Urgency& urgency, uint64_t tokens,
                                 uint32_t num_choices) const {
  const uint64_t queued = scheduler_->queued_tokens();
  const auto running = static_cast<uint64_t>(scheduler_->num_running());
  if (queued == 0 && running + num_choices <= epoch_.scheduler.max_running) return 0;
  return scheduler_->QueuedTokensBefore(urgency) + tokens - tokens / num_choices;
}

absl::Time EngineCore::LastMoment(const EngineRequest& request) const {
  if (request.deadline == absl::InfiniteFuture()) return request.deadline;
  return request.deadline -
         std::min(options_.deadline_margin, (request.deadline - request.arrival) / 10);
}

void EngineCore::Submit(uint64_t id, std::shared_ptr<const Tokenizer> tokenizer,
                        EngineRequest request, std::shared_ptr<RequestSink> sink,
                        std::vector<BlockHash> prompt_hashes) {
  BATON_CHECK(request.n >= 1 && request.best_of >= request.n && request.best_of <= kMostChoices);
  if (scheduler_ == nullptr) {
    sink->OnError(absl::UnavailableError(absl::StrCat("group ", group_, " is not ready")));
    return;
  }
  const absl::Time deadline = LastMoment(request);
  const uint64_t ahead = TokensAhead({request.priority, request.arrival, SequenceOf(id, 0)},
                                     request.most_tokens() * request.best_of, request.best_of);
  absl::Status accepted =
      admission_.Admit(clock_->Now(), {ahead, request.stop.max_tokens, deadline}, Load());
  if (!accepted.ok()) {
    sink->OnError(accepted);
    return;
  }
  Request r(std::move(tokenizer), std::move(request), sink);
  const EngineRequest& q = r.answer.request();
  for (uint32_t choice = 0; choice < q.best_of; ++choice) {
    SequenceRequest sequence;
    sequence.id = SequenceOf(id, choice);
    sequence.prompt = q.prompt;
    sequence.max_tokens = q.stop.max_tokens;
    sequence.stop_token_ids = q.stop.token_ids;
    sequence.sampling = MakeSampling(q, choice);
    sequence.num_logprobs = r.answer.num_logprobs();
    if (choice == 0) sequence.num_prompt_logprobs = q.num_prompt_logprobs;
    sequence.priority = q.priority;
    sequence.arrival = q.arrival;
    sequence.deadline = deadline;
    sequence.cache_salt = q.cache_salt;
    sequence.prompt_hashes = prompt_hashes;
    accepted = scheduler_->Add(std::move(sequence));
    if (!accepted.ok()) {  // the first one as well as any
      sink->OnError(accepted);
      return;
    }
  }
  requests_.emplace(id, std::move(r));
  ++queued_requests_;
  accepted_.push_back(id);
}

void EngineCore::TellAccepted() {
  for (uint64_t id : accepted_) {
    const auto it = requests_.find(id);
    if (it != requests_.end()) it->second.answer.sink().OnStarted({group_, epoch_.numerics_class});
  }
  accepted_.clear();
}

void EngineCore::DropChoices(uint64_t id, const Request& r) {
  if (scheduler_ == nullptr) return;
  for (uint32_t c = 0; c < r.answer.num_choices(); ++c) scheduler_->Cancel(SequenceOf(id, c));
}

void EngineCore::Fail(uint64_t id, const absl::Status& status) {
  TellAccepted();  // it may be one of them
  const auto it = requests_.find(id);
  DropChoices(id, it->second);
  it->second.answer.sink().OnError(status);
  Erase(id);
}

void EngineCore::Start(Request& r) {
  if (std::exchange(r.started, true)) return;
  --queued_requests_;
  ++started_.requests;
}

void EngineCore::Erase(uint64_t id) {
  const auto it = requests_.find(id);
  if (!it->second.started) --queued_requests_;
  Unpause(it->second, id);
  requests_.erase(it);
}

void EngineCore::Cancel(uint64_t id) {
  if (requests_.count(id) > 0) Fail(id, absl::CancelledError("the request was cancelled"));
}

void EngineCore::DrainNow() {
  const absl::Time now = clock_->Now();
  while (!requests_.empty()) {
    auto& [id, r] = *requests_.begin();
    Answer& g = r.answer;
    if (g.num_output() == 0) {
      Fail(id, absl::UnavailableError("the server is shutting down"));
      continue;
    }
    DropChoices(id, r);
    for (uint32_t c = 0; c < g.num_choices(); ++c) {
      if (!g.ended(c)) g.End(c, FinishReason::kDrain);
    }
    FinishIfEnded(id, r, now);
  }
}

void EngineCore::FinishIfEnded(uint64_t id, Request& r, absl::Time now) {
  if (!r.answer.all_ended()) return;
  ++requests_finished_;
  r.answer.Finish(now);
  Erase(id);
}

absl::Status EngineCore::OnResult(uint64_t epoch, StepResult result) {
  if (scheduler_ == nullptr || epoch != epoch_.number)
    return absl::OkStatus();  // of an epoch that is over
  const absl::Time now = clock_->Now();
  const uint64_t busy = result.compute_ns / 1000;
  const uint64_t idle = result.idle_ns / 1000, waited = result.wait_ns / 1000;
  events_.clear();
  const absl::Status committed = scheduler_->Update(std::move(result), &events_);
  if (!committed.ok()) return committed;
  busy_micros_.Add(now, busy);
  idle_micros_.Add(now, waited + (plan_waited_.front() ? idle : 0));
  plan_waited_.pop_front();
  oldest_plan_since_ = scheduler_->num_in_flight() > 0 ? now : absl::InfiniteFuture();
  for (SchedulerEvent& event : events_) Handle(event, now);
  for (uint64_t id : unflushed_) {
    const auto it = requests_.find(id);
    if (it != requests_.end() && !it->second.answer.Flush()) Pause(it->second, id, now);
  }
  unflushed_.clear();
  return absl::OkStatus();
}

void EngineCore::Turn() {
  if (scheduler_ == nullptr) return;
  const absl::Time now = clock_->Now();
  EndStalled(now);
  events_.clear();
  scheduler_->Expire(now, &events_);  // whether or not a plan can be made
  for (SchedulerEvent& event : events_) Handle(event, now);
  while (scheduler_->CanSchedule()) {
    events_.clear();
    const StepPlan plan = scheduler_->Schedule(now, &events_);
    if (!plan.empty()) {
      if (scheduler_->num_in_flight() == 1) oldest_plan_since_ = now;
      plan_waited_.push_back(!std::exchange(nothing_to_do_, false));
      plans_->SendPlan(epoch_.number, plan);
      CountPlan(plan, now);
    }
    TellAccepted();  // after the plan, which somebody may be waiting for
    for (SchedulerEvent& event : events_) Handle(event, now);
    if (plan.empty()) break;
  }
  TellAccepted();
  nothing_to_do_ = scheduler_->num_in_flight() == 0;
  admission_.Observe(now, Load(), std::exchange(started_, {}));
  TellIndexChanges();
}

void EngineCore::CountPlan(const StepPlan& plan, absl::Time now) {
  // Tokens of prompts that are to be computed, told when they start: not those of the cache, nor
  // what is run again after the first output token.
  uint64_t tokens = 0;
  for (const PlannedStart& start : plan.starts) {
    if (start.tokens.size() == start.prompt_length)
      tokens += start.prompt_length - start.num_computed;
  }
  prompt_rate_.Add(now, tokens);
}

void EngineCore::TellIndexChanges() {
  const std::vector<IndexChange> changes = scheduler_->pool().TakeIndexChanges();
  if (!changes.empty()) plans_->OnIndexChanges(changes);
}

absl::Time EngineCore::NextWake() const {
  absl::Time wake = absl::InfiniteFuture();
  if (scheduler_ != nullptr) wake = scheduler_->NextDeadline();
  if (paused_.empty()) return wake;
  return std::min(wake, paused_.begin()->first + options_.pause_limit);
}

void EngineCore::EndStalled(absl::Time now) {
  while (!paused_.empty() && now - paused_.begin()->first >= options_.pause_limit) {
    Fail(paused_.begin()->second,
         absl::ResourceExhaustedError(absl::StrCat("the client has not read for ",
                                                   absl::FormatDuration(options_.pause_limit))));
  }
}

void EngineCore::Handle(SchedulerEvent& event, absl::Time now) {
  const uint64_t id = event.id / kMostChoices;
  const uint32_t choice = static_cast<uint32_t>(event.id % kMostChoices);
  const auto it = requests_.find(id);
  if (it == requests_.end()) return;
  Request& r = it->second;
  switch (event.kind) {
    case SchedulerEvent::Kind::kStarted:
      Start(r);
      r.answer.OnStarted(choice, event.cached_tokens, now);
      if (choice == 0) r.last_progress = now;
      if (!r.answer.Flush()) Pause(r, id, now);
      started_.tokens += r.answer.request().most_tokens();
      cached_tokens_ += event.cached_tokens;
      return;
    case SchedulerEvent::Kind::kPromptToken:
      r.answer.AppendPrompt({event.token, MakeLogprobs(event), false, false});
      if (unflushed_.empty() || unflushed_.back() != id) unflushed_.push_back(id);
      return;
    case SchedulerEvent::Kind::kExpired:
      return HandleExpired(id, r, choice);
    case SchedulerEvent::Kind::kFailed:
      return Fail(id, NothingToSample(event.no_choice));
    case SchedulerEvent::Kind::kToken:
      return HandleToken(id, r, event, now);
  }
}

void EngineCore::HandleExpired(uint64_t id, Request& r, uint32_t choice) {
  if (r.answer.num_output() == 0) {
    return Fail(id, absl::DeadlineExceededError("the request's deadline passed"));
  }
  r.answer.End(choice, FinishReason::kDeadline);
  FinishIfEnded(id, r, clock_->Now());
}

void EngineCore::HandleToken(uint64_t id, Request& r, SchedulerEvent& event, absl::Time now) {
  const uint32_t choice = static_cast<uint32_t>(event.id % kMostChoices);
  ++output_tokens_;
  output_rate_.Add(now, 1);
  if (choice == 0) CountProgress(r, now);
  const bool wants_more = r.answer.Append(
      choice, {event.token, MakeLogprobs(event), event.finished, event.stopped_by_token}, now);
  if (r.answer.ended(choice)) {
    if (!event.finished) scheduler_->Cancel(event.id);
    const uint32_t max_tokens = r.answer.request().stop.max_tokens;
    admission_.ObserveEnd(now, r.answer.num_tokens(choice), max_tokens);
    return FinishIfEnded(id, r, now);
  }
  if (!wants_more) Pause(r, id, now);
}

void EngineCore::CountProgress(Request& r, absl::Time now) {
  const absl::Time last = std::exchange(r.last_progress, now);
  if (last == absl::InfiniteFuture()) return;
  if (r.answer.num_tokens(0) == 0) {
    admission_.ObserveFirstToken(now, now - last);
  } else {
    admission_.ObserveToken(now, now - last);
  }
}

void EngineCore::Pause(Request& r, uint64_t id, absl::Time now) {
  if (r.paused_since != absl::InfiniteFuture()) return;
  r.paused_since = now;
  paused_.emplace(now, id);
  r.last_progress = absl::InfiniteFuture();
  for (uint32_t c = 0; c < r.answer.num_choices(); ++c) scheduler_->Pause(SequenceOf(id, c));
}

bool EngineCore::Unpause(Request& r, uint64_t id) {
  return paused_.erase({std::exchange(r.paused_since, absl::InfiniteFuture()), id}) > 0;
}

void EngineCore::Resume(uint64_t id) {
  const auto it = requests_.find(id);
  if (it == requests_.end() || !Unpause(it->second, id)) return;
  for (uint32_t c = 0; c < it->second.answer.num_choices(); ++c)
    scheduler_->Resume(SequenceOf(id, c));
}

EngineSnapshot EngineCore::Snapshot() {
  const absl::Time now = clock_->Now();
  EngineSnapshot s;
  s.preemptions = preemptions_;
  if (scheduler_ != nullptr) {
    s.running = static_cast<uint64_t>(scheduler_->num_running());
    s.waiting = static_cast<uint64_t>(scheduler_->num_waiting());
    s.blocks_used = static_cast<uint64_t>(scheduler_->pool().num_used());
    s.blocks_total = static_cast<uint64_t>(scheduler_->pool().num_blocks());
    s.blocks_cached = static_cast<uint64_t>(scheduler_->pool().num_cached());
    s.load_tokens = scheduler_->load_tokens();
    s.preemptions += scheduler_->num_preemptions();
  }
  s.output_tokens_per_second = output_rate_.PerSecond(now);
  s.prompt_tokens_per_second = prompt_rate_.PerSecond(now);
  const double idle = idle_micros_.PerSecond(now), busy = busy_micros_.PerSecond(now);
  s.idle_share = idle + busy > 0 ? idle / (idle + busy) : 0;
  s.requests_finished = requests_finished_;
  s.output_tokens = output_tokens_;
  s.cached_tokens = cached_tokens_;
  s.queue_closed_until = admission_.closed_until();
  s.in_flight_since = oldest_plan_since_;
  return s;
}

}  // namespace baton
