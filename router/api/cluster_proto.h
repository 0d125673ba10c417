// The fleet's snapshots as messages of the public API.
#ifndef BATON_ROUTER_API_CLUSTER_PROTO_H_
#define BATON_ROUTER_API_CLUSTER_PROTO_H_

#include <string>

#include "baton/v1/cluster.pb.h"
#include "baton/v1/inference.pb.h"
#include "router/fleet/cluster.h"

namespace baton {

v1::GetClusterStatusResponse ClusterStatusProto(const Cluster& cluster, const std::string& version);

v1::Model ModelProto(const ModelServing& serving);

}  // namespace baton

#endif  // BATON_ROUTER_API_CLUSTER_PROTO_H_
