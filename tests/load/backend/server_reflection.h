// The descriptors of a service, from the server itself: gRPC's server reflection.
#ifndef BATON_TESTS_LOAD_BACKEND_SERVER_REFLECTION_H_
#define BATON_TESTS_LOAD_BACKEND_SERVER_REFLECTION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.pb.h"
#include "grpcpp/channel.h"

namespace baton {

// Asks for the file that defines `service`, its full name, and for all that it imports; a file
// stands after those that it imports. Speaks v1alpha, and v1 with a server that has only that.
// NOT_FOUND, naming the services that there are, when the server does not have this one;
// UNIMPLEMENTED when it has no reflection; UNAVAILABLE or DEADLINE_EXCEEDED when it does not answer
// within `timeout`; DATA_LOSS for what makes no sense. Blocks; thread-safe.
absl::StatusOr<google::protobuf::FileDescriptorSet> ReflectService(
    const std::shared_ptr<grpc::Channel>& channel, const std::string& service,
    absl::Duration timeout);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_SERVER_REFLECTION_H_
