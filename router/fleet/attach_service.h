// baton.worker.v1.WorkerService: one stream for each worker, handed to the fleet.
#ifndef BATON_ROUTER_FLEET_ATTACH_SERVICE_H_
#define BATON_ROUTER_FLEET_ATTACH_SERVICE_H_

#include "baton/worker/v1/worker.grpc.pb.h"
#include "router/fleet/fleet.h"

namespace baton {

class AttachService final : public worker::v1::WorkerService::CallbackService {
 public:
  // `fleet` must outlive the server that this is registered with.
  explicit AttachService(Fleet* fleet) : fleet_(fleet) {}

  grpc::ServerBidiReactor<worker::v1::AttachRequest, worker::v1::AttachResponse>* Attach(
      grpc::CallbackServerContext* context) override;

 private:
  Fleet* const fleet_;
};

}  // namespace baton

#endif  // BATON_ROUTER_FLEET_ATTACH_SERVICE_H_
