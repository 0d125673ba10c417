#include "router/engine/engine.h"

#include <chrono>
#include <utility>

namespace baton {

Engine::Engine(std::string group, const Clock* clock, PlanSink* plans,
               std::function<void(uint64_t, const absl::Status&)> on_bad_result)
    : on_bad_result_(std::move(on_bad_result)),
      core_(std::move(group), clock, plans),
      thread_([this] { Run(); }) {}

Engine::~Engine() {
  {
    MutexLock lock(&mu_);
    stop_ = true;
    posted_.Signal();
  }
  thread_.join();
}

void Engine::Post(std::function<void()> message) {
  MutexLock lock(&mu_);
  inbox_.push_back(std::move(message));
  posted_.Signal();
}

void Engine::StartEpoch(EpochInfo info) {
  Post([this, info = std::move(info)] { core_.StartEpoch(info); });
}

void Engine::EndEpoch(absl::Status reason) {
  Post([this, reason = std::move(reason)] { core_.EndEpoch(reason); });
}

void Engine::Submit(uint64_t id, std::shared_ptr<const Tokenizer> tokenizer, EngineRequest request,
                    std::shared_ptr<RequestSink> sink) {
  const uint64_t tokens = request.prompt.size() + request.stop.max_tokens;
  MutexLock lock(&mu_);
  inbox_tokens_ += tokens;
  inbox_.push_back([this, id, tokenizer = std::move(tokenizer), request = std::move(request),
                    sink = std::move(sink)] { core_.Submit(id, tokenizer, request, sink); });
  posted_.Signal();
}

void Engine::Cancel(uint64_t id) {
  Post([this, id] { core_.Cancel(id); });
}

void Engine::DrainNow() {
  Post([this] { core_.DrainNow(); });
}

void Engine::PostResult(uint64_t epoch, StepResult result) {
  Post([this, epoch, result = std::move(result)] {
    const absl::Status status = core_.OnResult(epoch, result);
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

void Engine::Run() {
  std::deque<std::function<void()>> messages;
  while (true) {
    {
      MutexLock lock(&mu_);
      snapshot_ = core_.Snapshot();
      drained_tokens_ = 0;
      while (inbox_.empty() && !stop_) {
        // Rates fall and deadlines pass without any message.
        if (!posted_.WaitFor(&mu_, std::chrono::seconds(1))) break;
      }
      if (stop_) break;
      messages.swap(inbox_);
      drained_tokens_ = std::exchange(inbox_tokens_, 0);
    }
    for (auto& message : messages) message();
    messages.clear();
    core_.Turn();
  }
  core_.EndEpoch(absl::UnavailableError("the server is shutting down"));
}

}  // namespace baton
