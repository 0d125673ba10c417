// The whole of Baton but its sockets, in one process and on one thread of control: an EngineCore
// whose plans go through the wire's messages to a group of real ModelRunners, and their results
// back. Which tokens come out depends on the order of calls alone, though every rank has a thread
// of its own.
#ifndef BATON_TESTS_EXACTNESS_MODEL_ENGINE_H_
#define BATON_TESTS_EXACTNESS_MODEL_ENGINE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "common/clock.h"
#include "router/engine/engine_core.h"
#include "router/scheduler/scheduler.h"
#include "tests/model/test_group.h"
#include "worker/runner/plan.h"

namespace baton {

// Spoils a plan on its way to the workers, to see whether it is noticed.
using Tamper = std::function<void(Plan*)>;

class ModelEngine : private PlanSink {
 public:
  // Starts an epoch of the group, which must outlive the engine and be used by nobody else, and
  // have room for what the options say.
  ModelEngine(TestGroup* group, const SchedulerOptions& options, Tamper tamper = nullptr);

  EngineCore& core() { return core_; }
  VirtualClock& clock() { return clock_; }
  // Plans whose results are to be delivered.
  size_t num_in_flight() const { return group_->num_in_flight(); }
  // Waits for the oldest plan and hands its result to the engine. Not OK: a worker refused the
  // plan, or the engine its result.
  absl::Status DeliverResult();

  uint64_t num_plans() const { return num_plans_; }
  size_t most_in_flight() const { return most_in_flight_; }
  uint64_t num_planned_samples() const { return num_planned_samples_; }

 private:
  void SendPlan(uint64_t epoch, const StepPlan& plan) override;
  void OnIndexChanges(const std::vector<IndexChange>&) override {}
  void OnIndexLost() override {}

  TestGroup* const group_;
  const Tamper tamper_;
  VirtualClock clock_;
  EngineCore core_;
  std::deque<uint64_t> plan_ids_;  // in flight
  uint64_t num_plans_ = 0;
  size_t most_in_flight_ = 0;
  uint64_t num_planned_samples_ = 0;
};

}  // namespace baton

#endif  // BATON_TESTS_EXACTNESS_MODEL_ENGINE_H_
