// Baton's own gRPC API.
#ifndef BATON_TESTS_LOAD_BACKEND_BATON_BACKEND_H_
#define BATON_TESTS_LOAD_BACKEND_BATON_BACKEND_H_

#include <string>

#include "tests/load/backend/backend.h"
#include "tests/load/backend/grpc_transport.h"

namespace baton {

class BatonBackend : public Backend {
 public:
  struct Options {
    GrpcTransportOptions transport;
    std::string model;       // "": the only one served
    bool keep_text = false;  // in the records
  };

  explicit BatonBackend(Options options);

  absl::StatusOr<ServerFacts> Connect(absl::Duration timeout) override;
  absl::Status Check(const LoadRequest&) const override { return absl::OkStatus(); }
  void Start(const LoadRequest& request, absl::optional<absl::Time> scheduled, Done done) override;

 private:
  const Options options_;
  GrpcTransport transport_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_BATON_BACKEND_H_
