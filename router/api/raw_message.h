// Messages as the raw bytes that gRPC carries. The methods whose requests hold strings are served
// raw, so that a request that does not parse is answered by us (see request_parsing.h).
#ifndef BATON_ROUTER_API_RAW_MESSAGE_H_
#define BATON_ROUTER_API_RAW_MESSAGE_H_

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"

namespace baton {

// ParseRequest on the buffer's bytes.
absl::Status ParseRaw(const grpc::ByteBuffer& raw, google::protobuf::Message* message);

grpc::ByteBuffer SerializeRaw(const google::protobuf::Message& message);

}  // namespace baton

#endif  // BATON_ROUTER_API_RAW_MESSAGE_H_
