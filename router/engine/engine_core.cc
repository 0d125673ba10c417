#include "router/engine/engine_core.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/check.h"

namespace baton {

struct EngineCore::Request {
  Request(std::shared_ptr<const Tokenizer> t, EngineRequest r, std::shared_ptr<RequestSink> s)
      : tokenizer(std::move(t)),
        request(std::move(r)),
        sink(std::move(s)),
        text(tokenizer.get(), request.stop.strings, request.num_logprobs.has_value()) {}

  std::shared_ptr<const Tokenizer> tokenizer;
  EngineRequest request;
  std::shared_ptr<RequestSink> sink;
  OutputText text;
  uint32_t num_output = 0;
  absl::Time first_step = absl::InfiniteFuture();
  absl::Time first_token = absl::InfiniteFuture();
};

EngineCore::EngineCore(std::string group, const Clock* clock, PlanSink* plans)
    : group_(std::move(group)), clock_(clock), plans_(plans) {}

EngineCore::~EngineCore() = default;

void EngineCore::StartEpoch(EpochInfo info) {
  BATON_CHECK(scheduler_ == nullptr && requests_.empty());
  epoch_ = std::move(info);
  scheduler_ = std::make_unique<Scheduler>(epoch_.scheduler);
  sent_at_ = absl::InfiniteFuture();
}

void EngineCore::EndEpoch(const absl::Status& reason) {
  scheduler_.reset();
  sent_at_ = absl::InfiniteFuture();
  while (!requests_.empty()) Fail(requests_.begin()->first, reason);
}

void EngineCore::Submit(uint64_t id, std::shared_ptr<const Tokenizer> tokenizer,
                        EngineRequest request, std::shared_ptr<RequestSink> sink) {
  if (scheduler_ == nullptr) {
    sink->OnError(absl::UnavailableError(absl::StrCat("group ", group_, " is not ready")));
    return;
  }
  SequenceRequest sequence;
  sequence.id = id;
  sequence.prompt = request.prompt;
  sequence.max_tokens = request.stop.max_tokens;
  sequence.stop_token_ids = request.stop.token_ids;
  sequence.sampling = {request.sampling.temperature, request.sampling.top_k, request.sampling.top_p,
                       request.sampling.seed, /*choice=*/0};
  sequence.num_logprobs = request.num_logprobs;
  sequence.deadline = request.deadline;
  const absl::Status accepted = scheduler_->Add(std::move(sequence));
  if (!accepted.ok()) {
    sink->OnError(accepted);
    return;
  }
  sink->OnStarted({group_, epoch_.numerics_class});
  requests_.emplace(
      std::piecewise_construct, std::forward_as_tuple(id),
      std::forward_as_tuple(std::move(tokenizer), std::move(request), std::move(sink)));
}

void EngineCore::Cancel(uint64_t id) {
  if (requests_.count(id) == 0) return;
  if (scheduler_ != nullptr) scheduler_->Cancel(id);
  Fail(id, absl::CancelledError("the request was cancelled"));
}

void EngineCore::DrainNow() {
  while (!requests_.empty()) {
    const auto& [id, r] = *requests_.begin();
    if (scheduler_ != nullptr) scheduler_->Cancel(id);
    if (r.num_output == 0) {
      Fail(id, absl::UnavailableError("the server is shutting down"));
      continue;
    }
    FinishedEvent event;
    event.reason = FinishReason::kDrain;
    Finish(id, std::move(event));
  }
}

absl::Status EngineCore::OnResult(uint64_t epoch, const StepResult& result) {
  if (scheduler_ == nullptr || epoch != epoch_.number)
    return absl::OkStatus();  // of an epoch that is over
  std::vector<SchedulerEvent> events;
  const absl::Status committed = scheduler_->Update(result, &events);
  if (!committed.ok()) return committed;
  sent_at_ = absl::InfiniteFuture();
  for (const SchedulerEvent& event : events) Handle(event);
  return absl::OkStatus();
}

void EngineCore::Turn() {
  if (scheduler_ == nullptr || scheduler_->in_flight()) return;
  std::vector<SchedulerEvent> events;
  const absl::Time now = clock_->Now();
  const StepPlan plan = scheduler_->Schedule(now, &events);
  if (!plan.empty()) {
    sent_at_ = now;
    plans_->SendPlan(epoch_.number, plan);
    uint64_t tokens = 0, rows = 0;
    for (const PlannedWork& work : plan.work) tokens += work.num_tokens, rows += work.rows.size();
    prompt_rate_.Add(now, tokens - rows);
  }
  for (const SchedulerEvent& event : events) Handle(event);
}

void EngineCore::Handle(const SchedulerEvent& event) {
  const auto it = requests_.find(event.id);
  if (it == requests_.end()) return;
  switch (event.kind) {
    case SchedulerEvent::Kind::kStarted:
      it->second.first_step = clock_->Now();
      return;
    case SchedulerEvent::Kind::kExpired:
      return Fail(event.id, absl::DeadlineExceededError("the request's deadline passed"));
    case SchedulerEvent::Kind::kFailed:
      return Fail(event.id,
                  absl::InternalError("the model's logits for this request are not numbers"));
    case SchedulerEvent::Kind::kToken:
      return HandleToken(it->second, event);
  }
}

void EngineCore::HandleToken(Request& r, const SchedulerEvent& event) {
  const absl::Time now = clock_->Now();
  if (r.num_output++ == 0) r.first_token = now;
  ++output_tokens_;
  output_rate_.Add(now, 1);
  PieceEvent::Logprobs logprobs;
  logprobs.logprob = event.logprob.value_or(0.0f);
  for (size_t i = 0; i < event.top_tokens.size(); ++i) {
    logprobs.top.push_back({event.top_tokens[i], event.top_logprobs[i]});
  }
  const absl::optional<size_t> stop =
      r.text.Append(event.token, event.stopped_by_token, std::move(logprobs));
  if (!event.finished && !stop.has_value()) {
    absl::optional<PieceEvent> piece = r.text.Take(/*end=*/false);
    if (piece.has_value()) r.sink->OnPiece(*std::move(piece));
    return;
  }
  FinishedEvent finished;
  finished.reason = FinishReason::kLength;
  if (stop.has_value()) {
    finished.reason = FinishReason::kStop;
    finished.stop_string = r.request.stop.strings[*stop];
    if (!event.finished) scheduler_->Cancel(event.id);
  } else if (event.stopped_by_token) {
    finished.reason = FinishReason::kStop;
    finished.stop_token_id = event.token;
  }
  Finish(event.id, std::move(finished));
}

void EngineCore::Finish(uint64_t id, FinishedEvent event) {
  const auto it = requests_.find(id);
  Request& r = it->second;
  absl::optional<PieceEvent> piece = r.text.Take(/*end=*/true);
  if (piece.has_value()) r.sink->OnPiece(*std::move(piece));
  const absl::Time now = clock_->Now();
  event.output_tokens = r.num_output;
  event.queued = r.first_step - r.request.arrival;
  event.prefill = r.first_token - r.first_step;
  event.first_token = r.first_token - r.request.arrival;
  event.total = now - r.request.arrival;
  ++requests_finished_;
  r.sink->OnFinished(event);
  requests_.erase(it);
}

void EngineCore::Fail(uint64_t id, const absl::Status& status) {
  const auto it = requests_.find(id);
  it->second.sink->OnError(status);
  requests_.erase(it);
}

EngineSnapshot EngineCore::Snapshot() {
  const absl::Time now = clock_->Now();
  EngineSnapshot s;
  if (scheduler_ != nullptr) {
    s.running = static_cast<uint64_t>(scheduler_->num_running());
    s.waiting = static_cast<uint64_t>(scheduler_->num_waiting());
    s.blocks_used = static_cast<uint64_t>(scheduler_->blocks_used());
    s.blocks_total = static_cast<uint64_t>(scheduler_->num_blocks());
    s.load_tokens = scheduler_->load_tokens();
  }
  s.output_tokens_per_second = output_rate_.PerSecond(now);
  s.prompt_tokens_per_second = prompt_rate_.PerSecond(now);
  s.requests_finished = requests_finished_;
  s.output_tokens = output_tokens_;
  s.in_flight_since = sent_at_;
  return s;
}

}  // namespace baton
