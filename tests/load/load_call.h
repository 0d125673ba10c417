// One Generate call of a load client: asynchronous, on gRPC's own threads.
#ifndef BATON_TESTS_LOAD_LOAD_CALL_H_
#define BATON_TESTS_LOAD_LOAD_CALL_H_

#include <functional>

#include "absl/time/time.h"
#include "baton/v1/inference.grpc.pb.h"
#include "baton/v1/inference.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/client_callback.h"
#include "tests/load/outcome.h"

namespace baton {

// Deletes itself when it is done.
class LoadCall : public grpc::ClientReadReactor<v1::GenerateResponse> {
 public:
  // Sends the request now. It was to be sent at `scheduled` and ends at `scheduled + deadline` at
  // the latest. `done` gets all but Outcome::scheduled, on a thread of gRPC's. `stub` must live
  // until then.
  static void Start(v1::InferenceService::Stub* stub, v1::GenerateRequest request,
                    absl::Time scheduled, absl::Duration deadline,
                    std::function<void(Outcome)> done);

 private:
  LoadCall(v1::GenerateRequest request, absl::Time scheduled, std::function<void(Outcome)> done);

  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  const v1::GenerateRequest request_;
  const absl::Time scheduled_;
  std::function<void(Outcome)> done_;
  grpc::ClientContext context_;
  v1::GenerateResponse response_;
  Outcome outcome_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_LOAD_CALL_H_
