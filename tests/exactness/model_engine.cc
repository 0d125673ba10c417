#include "tests/exactness/model_engine.h"

#include <algorithm>
#include <string>
#include <utility>

#include "baton/worker/v1/worker.pb.h"
#include "common/check.h"
#include "common/status_macros.h"
#include "router/fleet/worker_messages.h"
#include "router/scheduler/step.h"
#include "worker/link/messages.h"

namespace baton {
namespace {

constexpr uint64_t kEpoch = 1, kRouter = 7;

// As the bytes that the other side reads.
template <typename Message>
Message OverTheWire(const Message& message) {
  Message copy;
  BATON_CHECK(copy.ParseFromString(message.SerializeAsString()));
  return copy;
}

EngineOptions Options() {
  EngineOptions options;
  options.admission = {1000000, uint64_t{1} << 40};
  return options;
}

}  // namespace

ModelEngine::ModelEngine(TestGroup* group, const SchedulerOptions& options, Tamper tamper)
    : group_(group), tamper_(std::move(tamper)), core_("g0", Options(), &clock_, this) {
  group_->StartEpoch(options.num_blocks);
  core_.StartEpoch({kEpoch, "exactness", options});
}

void ModelEngine::SendPlan(uint64_t epoch, const StepPlan& plan) {
  worker::v1::StepPlan message;
  ToProto(kRouter, epoch, plan, &message);
  Plan received = FromProto(OverTheWire(message));
  if (tamper_ != nullptr) tamper_(&received);
  group_->Launch(received);
  plan_ids_.push_back(plan.plan_id);
  ++num_plans_;
  most_in_flight_ = std::max(most_in_flight_, num_in_flight());
  for (const PlannedRow& row : plan.rows) num_planned_samples_ += row.sample;
}

absl::Status ModelEngine::DeliverResult() {
  ASSIGN_OR_RETURN(const StepOutput output, group_->Wait());
  worker::v1::StepResult message;
  ToProto(EpochId{kRouter, kEpoch}, plan_ids_.front(), output, &message);
  plan_ids_.pop_front();
  return core_.OnResult(kEpoch, FromProto(OverTheWire(message)));
}

}  // namespace baton
