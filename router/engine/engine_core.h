// The engine of one group: requests in, plans out, results in, events out. A state machine without
// threads or sockets; the clock, the link to the group and the sinks are passed in. Engine
// (engine.h) runs it, one thread at a time.
//
// One turn of its loop: drain the inbox, schedule, send the plan to every rank; when a result
// comes, commit the tokens to the journals, and only then tell the clients.
#ifndef BATON_ROUTER_ENGINE_ENGINE_CORE_H_
#define BATON_ROUTER_ENGINE_ENGINE_CORE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/rate_meter.h"
#include "router/engine/admission.h"
#include "router/engine/answer.h"
#include "router/engine/request.h"
#include "router/scheduler/scheduler.h"
#include "router/scheduler/step.h"
#include "router/tokenizer/tokenizer.h"

namespace baton {

struct EngineOptions {
  AdmissionLimits admission;
  // A request that runs is ended so long before its deadline, or a tenth of the time it had if that
  // is less, so that what there is reaches the client.
  absl::Duration deadline_margin = absl::Milliseconds(50);
  // A request whose client has not read for so long is ended.
  absl::Duration pause_limit = absl::Seconds(30);
};

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
  // Blocks that came into the group's prefix index and left it.
  virtual void OnIndexChanges(const std::vector<IndexChange>& changes) = 0;
  // The index is gone, with the epoch.
  virtual void OnIndexLost() = 0;
};

struct EngineSnapshot {
  uint64_t running = 0, waiting = 0;
  uint64_t blocks_used = 0, blocks_total = 0;
  uint64_t blocks_cached = 0;  // free ones that hold something
  uint64_t load_tokens = 0;    // prompt and maximum output of all requests here
  double output_tokens_per_second = 0, prompt_tokens_per_second = 0;
  double idle_share = 0;  // of the sampling rank's time while there was work, over the last seconds
  uint64_t requests_finished = 0, output_tokens = 0, cached_tokens = 0, preemptions = 0;
  absl::Time queue_closed_until = absl::InfinitePast();  // in the future: it takes no request
  absl::Time in_flight_since = absl::InfiniteFuture();  // when the oldest plan without a result was
                                                        // sent, or became the oldest
};

class EngineCore {
 public:
  // `clock` and `plans` must outlive the engine.
  EngineCore(std::string group, const EngineOptions& options, const Clock* clock, PlanSink* plans);
  ~EngineCore();

  // A formed group: plans may be sent from now on. No epoch may be under way.
  void StartEpoch(EpochInfo info);
  // The group was lost: every request here is answered with `reason`.
  void EndEpoch(const absl::Status& reason);

  // Takes a request (OnStarted follows in the next turn), or refuses it (OnError). `id` is unique
  // and grows; the tokenizer is the model's. `prompt_hashes` are the names of the prompt's full
  // blocks, or empty: not known.
  void Submit(uint64_t id, std::shared_ptr<const Tokenizer> tokenizer, EngineRequest request,
              std::shared_ptr<RequestSink> sink, std::vector<BlockHash> prompt_hashes);
  // Drops a request; its sink gets OnError(CANCELLED). Nothing when there is none of that id.
  void Cancel(uint64_t id);
  // The sink of a request wants pieces again.
  void Resume(uint64_t id);
  // Ends every request that has begun to answer with FinishReason::kDrain, the others with
  // UNAVAILABLE.
  void DrainNow();

  // The result of a plan. Not OK when it is not the oldest in flight in this epoch: nothing is
  // committed, and the caller should end the epoch unless the result is of an earlier one.
  absl::Status OnResult(uint64_t epoch, StepResult result);

  // Schedules and sends plans as long as some can be sent now.
  void Turn();
  // When Turn has something to do though nothing happens.
  absl::Time NextWake() const;

  bool idle() const { return requests_.empty(); }
  EngineSnapshot Snapshot();

 private:
  struct Request;

  void Handle(SchedulerEvent& event, absl::Time now);
  void HandleToken(uint64_t id, Request& r, SchedulerEvent& event, absl::Time now);
  void HandleExpired(uint64_t id, Request& r, uint32_t choice);
  void Pause(Request& r, uint64_t id, absl::Time now);
  bool Unpause(Request& r, uint64_t id);  // false: it was not paused
  void EndStalled(absl::Time now);
  void Start(Request& r);
  void Erase(uint64_t id);
  void FinishIfEnded(uint64_t id, Request& r, absl::Time now);
  void DropChoices(uint64_t id, const Request& r);
  void Fail(uint64_t id, const absl::Status& status);
  QueueLoad Load() const;
  void CountProgress(Request& r, absl::Time now);
  // What starts before the last choice of a request that comes now.
  uint64_t TokensAhead(const Urgency& urgency, uint64_t tokens, uint32_t num_choices) const;
  absl::Time LastMoment(const EngineRequest& request) const;
  void CountPlan(const StepPlan& plan, absl::Time now);
  void TellIndexChanges();
  void TellAccepted();

  const std::string group_;
  const EngineOptions options_;
  const Clock* const clock_;
  PlanSink* const plans_;
  std::unique_ptr<Scheduler> scheduler_;  // null between epochs
  EpochInfo epoch_;
  std::map<uint64_t, Request> requests_;
  std::set<std::pair<absl::Time, uint64_t>> paused_;  // since when, and which
  std::vector<uint64_t> accepted_;                    // requests that are yet to be told so
  std::vector<uint64_t> unflushed_;  // requests with a part of their prompt to be told
  Admission admission_;
  int64_t queued_requests_ = 0;  // no choice of which has started
  Started started_;              // since admission_ was told
  absl::Time oldest_plan_since_ = absl::InfiniteFuture();
  bool nothing_to_do_ = true;     // when the last turn ended
  std::deque<bool> plan_waited_;  // by plan in flight: whether the group waited for it, having work
  std::vector<SchedulerEvent> events_;  // kept for its memory
  RateMeter output_rate_, prompt_rate_, busy_micros_, idle_micros_;
  uint64_t requests_finished_ = 0, output_tokens_ = 0, cached_tokens_ = 0;
  uint64_t preemptions_ = 0;  // of earlier epochs
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_ENGINE_CORE_H_
