// The version of the protocol in worker.proto. Raise it when a router and a worker of different
// versions would misunderstand each other: they refuse each other then.
#ifndef BATON_PROTO_BATON_WORKER_V1_PROTOCOL_VERSION_H_
#define BATON_PROTO_BATON_WORKER_V1_PROTOCOL_VERSION_H_

#include <cstdint>

namespace baton {

// 2: several plans in flight; all of sampling's parameters.
constexpr uint32_t kWorkerProtocolVersion = 2;

}  // namespace baton

#endif  // BATON_PROTO_BATON_WORKER_V1_PROTOCOL_VERSION_H_
