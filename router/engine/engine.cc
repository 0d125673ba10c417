#include "router/engine/engine.h"

#include <algorithm>
#include <utility>

namespace baton {

Engine::Engine(std::string group, const EngineOptions& options, const Clock* clock, PlanSink* plans,
               std::function<void(uint64_t, const absl::Status&)> on_bad_result)
    : on_bad_result_(std::move(on_bad_result)),
      clock_(clock),
      core_(std::move(group), options, clock, plans),
      thread_([this] { Run(); }) {}

Engine::~Engine() {
  {
    MutexLock lock(&mu_);
    stop_ = true;
    posted_.Signal();
  }
  thread_.join();
}

void Engine::Post(Message message) {
  {
    MutexLock lock(&mu_);
    inbox_.push_back(std::move(message));
    if (in_turn_) return;  // its end looks
  }
  posted_.Signal();  // without the lock, which the thread would wake up to wait for
}

void Engine::StartEpoch(EpochInfo info) {
  Post([this, info = std::move(info)]() mutable { core_.StartEpoch(std::move(info)); });
}

void Engine::EndEpoch(absl::Status reason) {
  Post([this, reason = std::move(reason)] { core_.EndEpoch(reason); });
}

void Engine::Submit(uint64_t id, std::shared_ptr<const Tokenizer> tokenizer, EngineRequest request,
                    std::shared_ptr<RequestSink> sink, std::vector<BlockHash> prompt_hashes) {
  const uint64_t tokens = request.most_tokens() * request.best_of;
  MutexLock lock(&mu_);
  inbox_tokens_ += tokens;
  inbox_.push_back([this, id, tokenizer = std::move(tokenizer), request = std::move(request),
                    sink = std::move(sink), hashes = std::move(prompt_hashes)]() mutable {
    core_.Submit(id, std::move(tokenizer), std::move(request), std::move(sink), std::move(hashes));
  });
}

void Engine::Cancel(uint64_t id) {
  Post([this, id] { core_.Cancel(id); });
}

void Engine::Resume(uint64_t id) {
  Post([this, id] { core_.Resume(id); });
}

void Engine::DrainNow() {
  Post([this] { core_.DrainNow(); });
}

void Engine::PostResult(uint64_t epoch, StepResult result) {
  MutexLock lock(&mu_);
  inbox_.push_back([this, epoch, result = std::move(result)]() mutable {
    const absl::Status status = core_.OnResult(epoch, std::move(result));
    if (!status.ok()) on_bad_result_(epoch, status);
  });
}

EngineSnapshot Engine::Snapshot() const {
  MutexLock lock(&mu_);
  return snapshot_;
}

uint64_t Engine::LoadTokens() const {
  MutexLock lock(&mu_);
  return snapshot_.load_tokens + inbox_tokens_ + drained_tokens_;
}

absl::Time Engine::QueueClosedUntil() const {
  MutexLock lock(&mu_);
  return snapshot_.queue_closed_until;
}

std::deque<Engine::Message> Engine::BeginTurn() {
  in_turn_ = true;
  drained_tokens_ = std::exchange(inbox_tokens_, 0);
  return std::exchange(inbox_, {});
}

void Engine::RunTurn(std::deque<Message> messages) {
  for (Message& message : messages) message();
  messages.clear();
  core_.Turn();
  const EngineSnapshot snapshot = core_.Snapshot();
  // Rates fall without any message; deadlines pass, too.
  const absl::Time next = std::min(core_.NextWake(), clock_->Now() + absl::Seconds(1));
  bool wake;
  {
    MutexLock lock(&mu_);
    in_turn_ = false;
    snapshot_ = snapshot;
    drained_tokens_ = 0;
    next_turn_ = next;
    wake = thread_waits_for_turn_ || !inbox_.empty() || next < thread_wakes_;
  }
  if (wake) posted_.Signal();
}

void Engine::TakeTurn() {
  std::deque<Message> messages;
  {
    MutexLock lock(&mu_);
    if (in_turn_ || stop_ || inbox_.empty()) return;
    messages = BeginTurn();
  }
  RunTurn(std::move(messages));
}

void Engine::Run() {
  while (true) {
    std::deque<Message> messages;
    {
      MutexLock lock(&mu_);
      AwaitTurn();
      if (stop_) break;
      messages = BeginTurn();
    }
    RunTurn(std::move(messages));
  }
  std::deque<Message> messages;
  {
    MutexLock lock(&mu_);
    messages.swap(inbox_);
  }
  for (Message& message : messages) message();  // requests among them are to have their end, too
  core_.EndEpoch(absl::UnavailableError("the server is shutting down"));
}

void Engine::AwaitTurn() {
  while (true) {
    if (in_turn_) {
      thread_waits_for_turn_ = true;
      posted_.Wait(&mu_);
      thread_waits_for_turn_ = false;
      continue;
    }
    const absl::Duration wait = next_turn_ - clock_->Now();
    if (stop_ || !inbox_.empty() || wait <= absl::ZeroDuration()) return;
    thread_wakes_ = next_turn_;
    posted_.WaitFor(&mu_, absl::ToChronoNanoseconds(wait));
    thread_wakes_ = absl::InfinitePast();
  }
}

}  // namespace baton
