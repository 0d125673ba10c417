// Between the wire's messages and the worker's own values. Nothing is trusted: plans are checked by
// the slot table.
#ifndef BATON_WORKER_LINK_MESSAGES_H_
#define BATON_WORKER_LINK_MESSAGES_H_

#include <cstdint>

#include "baton/worker/v1/worker.pb.h"
#include "worker/link/session.h"
#include "worker/runner/plan.h"

namespace baton {

EpochId FromProto(const worker::v1::Epoch& epoch);
FormOrder FromProto(const worker::v1::FormGroup& form);
Plan FromProto(const worker::v1::StepPlan& plan);
void ToProto(const EpochId& epoch, worker::v1::Epoch* out);
void ToProto(const EpochId& epoch, uint64_t plan_id, const StepOutput& output,
             worker::v1::StepResult* out);

}  // namespace baton

#endif  // BATON_WORKER_LINK_MESSAGES_H_
