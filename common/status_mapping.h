// The one place where absl::Status meets grpc::Status.
//
// The two have the same codes. Payloads whose key starts with "type.googleapis.com/" travel as the
// details of a google.rpc.Status in the `grpc-status-details-bin` trailer, as other gRPC libraries
// expect. Thread-safe.
#ifndef BATON_COMMON_STATUS_MAPPING_H_
#define BATON_COMMON_STATUS_MAPPING_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace baton {

// Longest message sent, in bytes: trailers are metadata, which peers limit (8 KiB by default).
// Longer ones are cut.
constexpr int kMaxStatusMessageBytes = 2048;

// Details that would make the trailer larger than this, in bytes, are left out.
constexpr int kMaxStatusDetailsBytes = 4096;

grpc::Status ToGrpcStatus(const absl::Status& status);

// The reverse, payloads included. Details that do not parse are ignored.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace baton

#endif  // BATON_COMMON_STATUS_MAPPING_H_
