// Any gRPC server that answers one request with a stream, through its contract.
#ifndef BATON_TESTS_LOAD_BACKEND_GRPC_BACKEND_H_
#define BATON_TESTS_LOAD_BACKEND_GRPC_BACKEND_H_

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.pb.h"
#include "tests/load/backend/backend.h"
#include "tests/load/backend/dynamic_messages.h"
#include "tests/load/backend/grpc_transport.h"

namespace baton {

class GrpcBackend : public Backend {
 public:
  struct Options {
    GrpcTransportOptions transport;
    DynamicMessagesOptions messages;
    std::string proto_file;  // of the contract; "": the server's reflection is asked for it
    std::vector<std::string> proto_paths;  // where it imports from, see proto_files.h
    bool keep_text = false;                // in the records
  };

  explicit GrpcBackend(Options options);
  ~GrpcBackend() override;

  // Reads the contract and tries the options on it, too: for the errors see proto_files.h,
  // server_reflection.h and dynamic_messages.h. A contract on disk comes before the connection.
  absl::StatusOr<ServerFacts> Connect(absl::Duration timeout) override;
  // FAILED_PRECONDITION before Connect. Makes the whole message, so it costs what sending does.
  absl::Status Check(const LoadRequest& request) const override;
  // A request that does not pass Check ends with INVALID_ARGUMENT.
  void Start(const LoadRequest& request, absl::optional<absl::Time> scheduled, Done done) override;

 private:
  absl::Status ReadContract(const google::protobuf::FileDescriptorSet& files);

  const Options options_;
  std::unique_ptr<DynamicMessages> messages_;  // from Connect on
  std::string method_;                         // its path
  GrpcTransport transport_;                    // after what its calls use
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_GRPC_BACKEND_H_
