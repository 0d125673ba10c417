// baton.v1.ClusterService: what the cluster is doing now.
#ifndef BATON_ROUTER_API_CLUSTER_SERVICE_H_
#define BATON_ROUTER_API_CLUSTER_SERVICE_H_

#include <string>
#include <utility>

#include "baton/v1/cluster.grpc.pb.h"
#include "router/fleet/cluster.h"

namespace baton {

class ClusterServiceImpl final : public v1::ClusterService::CallbackService {
 public:
  // `cluster` must outlive the server that this is registered with; `version` is what clients are
  // told.
  ClusterServiceImpl(const Cluster* cluster, std::string version)
      : cluster_(cluster), version_(std::move(version)) {}

  grpc::ServerUnaryReactor* GetClusterStatus(grpc::CallbackServerContext* context,
                                             const v1::GetClusterStatusRequest* request,
                                             v1::GetClusterStatusResponse* response) override;

 private:
  const Cluster* const cluster_;
  const std::string version_;
};

}  // namespace baton

#endif  // BATON_ROUTER_API_CLUSTER_SERVICE_H_
