// A gRPC server that is not Baton, with the contract testdata/fake/generate.proto.
#ifndef BATON_TESTS_LOAD_BACKEND_FAKE_GENERATOR_H_
#define BATON_TESTS_LOAD_BACKEND_FAKE_GENERATOR_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "common/mutex.h"
#include "fake/generate.grpc.pb.h"
#include "grpcpp/server.h"

namespace baton {

// Answers every request alike: Queued, a Delta for each of `deltas`, Finished. Set the public
// fields before it is called.
class FakeGenerator : public fake::Generator::Service {
 public:
  // The pieces of each Delta. A piece is as many tokens as it has letters, with their codes as ids.
  std::vector<std::vector<std::string>> deltas = {{"He", "llo"}, {","}, {" world"}};
  bool omit_finished = false;
  grpc::Status status;             // what it ends with, after the deltas
  bool refuse = false;             // ends with `status` at once
  bool hang_after_deltas = false;  // waits for the client to cancel, or the server to die
  std::atomic<int> hanging{0};     // calls that wait so now

  std::vector<fake::GenerateRequest> requests() const {
    MutexLock lock(&mu_);
    return requests_;
  }

  grpc::Status Generate(grpc::ServerContext* context, const fake::GenerateRequest* request,
                        grpc::ServerWriter<fake::GenerateResponse>* writer) override;

 private:
  mutable Mutex mu_;
  std::vector<fake::GenerateRequest> requests_ ABSL_GUARDED_BY(mu_);
};

// Serves it, and gRPC's reflection, on a port of its own.
class FakeGeneratorServer {
 public:
  FakeGeneratorServer();
  ~FakeGeneratorServer() { Die(); }

  FakeGenerator& service() { return service_; }
  const std::string& address() const { return address_; }  // "127.0.0.1:PORT"
  // Ends all calls at once.
  void Die();

 private:
  FakeGenerator service_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_FAKE_GENERATOR_H_
