// What gRPC alone costs: a server that sends every stream one token at each step, as messages of
// the router's kind and size, and knows nothing else.
#ifndef BATON_TESTS_BUDGETS_BARE_SERVER_H_
#define BATON_TESTS_BUDGETS_BARE_SERVER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "baton/v1/inference.grpc.pb.h"
#include "common/mutex.h"
#include "grpcpp/server.h"

namespace baton {

class BareServer {
 public:
  // `says_when`: a message's text is when its call came and when it was written, in nanoseconds.
  explicit BareServer(absl::Duration step, bool says_when = false);
  ~BareServer();

  std::string address() const;
  // Written so far.
  int64_t tokens() const { return tokens_; }

 private:
  class Stream;
  class Service : public v1::InferenceService::CallbackService {
   public:
    explicit Service(BareServer* owner) : owner_(owner) {}
    grpc::ServerWriteReactor<v1::GenerateResponse>* Generate(
        grpc::CallbackServerContext* context, const v1::GenerateRequest* request) override;

   private:
    BareServer* const owner_;
  };
  void Run();

  const absl::Duration step_;
  const bool says_when_;
  Service service_{this};
  std::atomic<int64_t> tokens_{0};
  mutable Mutex mu_;
  std::vector<std::shared_ptr<Stream>> streams_ ABSL_GUARDED_BY(mu_);
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
};

}  // namespace baton

#endif  // BATON_TESTS_BUDGETS_BARE_SERVER_H_
