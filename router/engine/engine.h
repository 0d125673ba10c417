// Runs an EngineCore, one turn of its loop at a time: on a thread of its own, or on the thread of
// whoever has just posted something and offers itself (TakeTurn), which saves a wake-up on the way
// of every token. All methods are thread-safe; all but TakeTurn return at once.
#ifndef BATON_ROUTER_ENGINE_ENGINE_H_
#define BATON_ROUTER_ENGINE_ENGINE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "router/engine/engine_core.h"

namespace baton {

class Engine {
 public:
  // `clock` and `plans` must outlive the engine. `on_bad_result` is called in a turn
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
  // Takes up what was posted, on the calling thread, unless another is at it, which then goes on
  // with it. To be called after Submit and PostResult, which wake nobody, without any lock that the
  // sinks of requests, of plans or of bad results take.
  void TakeTurn();

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
  // For the thread: until a turn is due and no other thread is in one, or until stop_.
  void AwaitTurn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // A turn begins, and no other is under way: what it is to take up.
  std::deque<Message> BeginTurn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RunTurn(std::deque<Message> messages);

  const std::function<void(uint64_t, const absl::Status&)> on_bad_result_;
  const Clock* const clock_;
  EngineCore core_;  // of whoever has set in_turn_

  mutable Mutex mu_;
  CondVar posted_;
  std::deque<Message> inbox_ ABSL_GUARDED_BY(mu_);
  EngineSnapshot snapshot_ ABSL_GUARDED_BY(mu_);
  uint64_t inbox_tokens_ ABSL_GUARDED_BY(mu_) = 0;    // of requests in the inbox
  uint64_t drained_tokens_ ABSL_GUARDED_BY(mu_) = 0;  // of those taken out since the last snapshot
  bool in_turn_ ABSL_GUARDED_BY(mu_) = false;
  bool thread_waits_for_turn_ ABSL_GUARDED_BY(mu_) = false;
  // When the next turn is due though nothing is posted, and when the thread, asleep, wakes for it.
  absl::Time next_turn_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  absl::Time thread_wakes_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_ENGINE_H_
