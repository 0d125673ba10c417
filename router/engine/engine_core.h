// The engine of one group: requests in, plans out, results in, events out. A state machine without
// threads or sockets; the clock, the link to the group and the sinks are passed in. Engine
// (engine.h) runs it on a thread.
//
// One turn of its loop: drain the inbox, schedule, send the plan to every rank; when the result
// comes, commit the tokens to the journals, and only then tell the clients.
#ifndef BATON_ROUTER_ENGINE_ENGINE_CORE_H_
#define BATON_ROUTER_ENGINE_ENGINE_CORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/rate_meter.h"
#include "router/engine/output_text.h"
#include "router/engine/request.h"
#include "router/scheduler/scheduler.h"
#include "router/scheduler/step.h"
#include "router/tokenizer/tokenizer.h"

namespace baton {

// What a group can do in an epoch.
struct EpochInfo {
  uint64_t number = 0;
  std::string numerics_class;
  SchedulerOptions scheduler;
};

// Sends plans to every rank of the group. Must not block and must not call back.
class PlanSink {
 public:
  virtual ~PlanSink() = default;
  virtual void SendPlan(uint64_t epoch, const StepPlan& plan) = 0;
};

struct EngineSnapshot {
  uint64_t running = 0, waiting = 0;
  uint64_t blocks_used = 0, blocks_total = 0;
  uint64_t load_tokens = 0;  // prompt and maximum output of all requests here
  double output_tokens_per_second = 0, prompt_tokens_per_second = 0;
  uint64_t requests_finished = 0, output_tokens = 0;
  absl::Time in_flight_since = absl::InfiniteFuture();  // when the plan without a result was sent
};

class EngineCore {
 public:
  // `clock` and `plans` must outlive the engine.
  EngineCore(std::string group, const Clock* clock, PlanSink* plans);
  ~EngineCore();

  // A formed group: plans may be sent from now on. No epoch may be under way.
  void StartEpoch(EpochInfo info);
  // The group was lost: every request here is answered with `reason`.
  void EndEpoch(const absl::Status& reason);

  // Takes a request, or refuses it (OnError). `id` is unique and grows. The tokenizer is the
  // model's.
  void Submit(uint64_t id, std::shared_ptr<const Tokenizer> tokenizer, EngineRequest request,
              std::shared_ptr<RequestSink> sink);
  // Drops a request; its sink gets OnError(CANCELLED). Nothing when there is none of that id.
  void Cancel(uint64_t id);
  // Ends every request that has begun to answer with FinishReason::kDrain, the others with
  // UNAVAILABLE.
  void DrainNow();

  // The result of a plan. Not OK when it is not the one in flight in this epoch: nothing is
  // committed, and the caller should end the epoch unless the result is of an earlier one.
  absl::Status OnResult(uint64_t epoch, const StepResult& result);

  // Schedules and sends a plan if one can be sent now.
  void Turn();

  bool idle() const { return requests_.empty(); }
  EngineSnapshot Snapshot();

 private:
  struct Request;

  void Handle(const SchedulerEvent& event);
  void HandleToken(Request& r, const SchedulerEvent& event);
  void Finish(uint64_t id, FinishedEvent event);
  void Fail(uint64_t id, const absl::Status& status);

  const std::string group_;
  const Clock* const clock_;
  PlanSink* const plans_;
  std::unique_ptr<Scheduler> scheduler_;  // null between epochs
  EpochInfo epoch_;
  std::map<uint64_t, Request> requests_;
  absl::Time sent_at_ = absl::InfiniteFuture();
  RateMeter output_rate_, prompt_rate_;
  uint64_t requests_finished_ = 0, output_tokens_ = 0;
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_ENGINE_CORE_H_
