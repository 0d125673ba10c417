#include "router/api/cluster_service.h"

#include "router/api/cluster_proto.h"

namespace baton {

grpc::ServerUnaryReactor* ClusterServiceImpl::GetClusterStatus(
    grpc::CallbackServerContext* context, const v1::GetClusterStatusRequest* /*request*/,
    v1::GetClusterStatusResponse* response) {
  *response = ClusterStatusProto(*cluster_, version_);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace baton
