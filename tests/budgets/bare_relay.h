// What gRPC alone costs between a client and a worker: a server that sends a worker the plans of
// one request at a time and its client the tokens of the results, in the router's own messages, on
// gRPC's threads, and checks, schedules, decodes and bounds nothing.
#ifndef BATON_TESTS_BUDGETS_BARE_RELAY_H_
#define BATON_TESTS_BUDGETS_BARE_RELAY_H_

#include <memory>
#include <string>

#include "baton/v1/inference.grpc.pb.h"
#include "baton/worker/v1/worker.grpc.pb.h"
#include "common/mutex.h"
#include "grpcpp/server.h"

namespace baton {

class BareRelay {
 public:
  // So many plans of a request are with the worker at once.
  explicit BareRelay(int plans_in_flight);
  // Ends the worker's stream.
  ~BareRelay();

  std::string address() const;
  // Until a worker has attached.
  void WaitReady();

 private:
  class WorkerStream;
  class ClientStream;
  class Workers : public worker::v1::WorkerService::CallbackService {
   public:
    explicit Workers(BareRelay* owner) : owner_(owner) {}
    grpc::ServerBidiReactor<worker::v1::AttachRequest, worker::v1::AttachResponse>* Attach(
        grpc::CallbackServerContext* context) override;

   private:
    BareRelay* const owner_;
  };
  class Clients : public v1::InferenceService::CallbackService {
   public:
    explicit Clients(BareRelay* owner) : owner_(owner) {}
    grpc::ServerWriteReactor<v1::GenerateResponse>* Generate(
        grpc::CallbackServerContext* context, const v1::GenerateRequest* request) override;

   private:
    BareRelay* const owner_;
  };

  const int plans_in_flight_;
  Workers workers_{this};
  Clients clients_{this};
  Mutex mu_;
  CondVar changed_;
  std::shared_ptr<WorkerStream> worker_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<ClientStream> client_ ABSL_GUARDED_BY(mu_);
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace baton

#endif  // BATON_TESTS_BUDGETS_BARE_RELAY_H_
