// Between the wire's messages and the router's own values.
#ifndef BATON_ROUTER_FLEET_WORKER_MESSAGES_H_
#define BATON_ROUTER_FLEET_WORKER_MESSAGES_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "baton/worker/v1/worker.pb.h"
#include "router/fleet/group.h"
#include "router/fleet/model_context.h"
#include "router/fleet/worker_link.h"
#include "router/scheduler/step.h"

namespace baton {

RankHello FromProto(const worker::v1::Hello& hello);
RankCapacity FromProto(const worker::v1::Capacity& capacity);
StepResult FromProto(const worker::v1::StepResult& result);

// Builds the tokenizer and the chat template. INVALID_ARGUMENT when the card makes no tokenizer; a
// template that cannot run is noted in the context.
absl::StatusOr<std::shared_ptr<const ModelContext>> MakeModelContext(
    const worker::v1::ModelCard& card);

void ToProto(uint64_t router_incarnation, const FormGroupOrder& order, worker::v1::FormGroup* out);
void ToProto(uint64_t router_incarnation, uint64_t epoch, const StepPlan& plan,
             worker::v1::StepPlan* out);

}  // namespace baton

#endif  // BATON_ROUTER_FLEET_WORKER_MESSAGES_H_
