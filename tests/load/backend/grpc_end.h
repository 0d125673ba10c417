// How a gRPC call ended, in terms that all back ends share.
#ifndef BATON_TESTS_LOAD_BACKEND_GRPC_END_H_
#define BATON_TESTS_LOAD_BACKEND_GRPC_END_H_

#include "grpcpp/support/status.h"
#include "tests/load/request/stream_recorder.h"

namespace baton {

// `had_answer`: the server had accepted the request, or sent output, before.
StreamEnd ToStreamEnd(const grpc::Status& status, bool had_answer);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_GRPC_END_H_
