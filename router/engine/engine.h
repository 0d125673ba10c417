// Runs an EngineCore on a thread of its own. All methods are thread-safe and return at once.
#ifndef BATON_ROUTER_ENGINE_ENGINE_H_
#define BATON_ROUTER_ENGINE_ENGINE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "router/engine/engine_core.h"

namespace baton {

class Engine {
 public:
  // `clock` and `plans` must outlive the engine. `on_bad_result` is called on the engine's thread
  // when a result is not that of the plan in flight: the epoch is of no more use.
  Engine(std::string group, const EngineOptions& options, const Clock* clock, PlanSink* plans,
         std::function<void(uint64_t epoch, const absl::Status&)> on_bad_result);
  ~Engine();  // requests that are left get UNAVAILABLE

  void StartEpoch(EpochInfo info);
  void EndEpoch(absl::Status reason);
  void Submit(uint64_t id, std::shared_ptr<const Tokenizer> tokenizer, EngineRequest request,
              std::shared_ptr<RequestSink> sink, std::vector<BlockHash> prompt_hashes);
  void Cancel(uint64_t id);
  void Resume(uint64_t id);
  void DrainNow();
  void PostResult(uint64_t epoch, StepResult result);

  // As of the last turn of the loop.
  EngineSnapshot Snapshot() const;
  // Prompt and maximum output of all requests here, those on their way included.
  uint64_t LoadTokens() const;
  // Until when the queue takes nothing, as of the last turn; in the past if it is open.
  absl::Time QueueClosedUntil() const;

 private:
  using Message = absl::AnyInvocable<void()>;
  void Post(Message message);
  void Run();

  const std::function<void(uint64_t, const absl::Status&)> on_bad_result_;
  const Clock* const clock_;
  EngineCore core_;  // of the thread

  mutable Mutex mu_;
  CondVar posted_;
  std::deque<Message> inbox_ ABSL_GUARDED_BY(mu_);
  EngineSnapshot snapshot_ ABSL_GUARDED_BY(mu_);
  uint64_t inbox_tokens_ ABSL_GUARDED_BY(mu_) = 0;    // of requests in the inbox
  uint64_t drained_tokens_ ABSL_GUARDED_BY(mu_) = 0;  // of those taken out since the last snapshot
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_ENGINE_H_
