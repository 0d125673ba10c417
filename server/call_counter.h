// How many calls a gRPC server has under way: gRPC itself can wait for calls and connections
// together only, and an idle client that does not look at its socket keeps a connection for long.
#ifndef BATON_SERVER_CALL_COUNTER_H_
#define BATON_SERVER_CALL_COUNTER_H_

#include <memory>

#include "absl/time/time.h"
#include "common/mutex.h"
#include "grpcpp/support/server_interceptor.h"

namespace baton {

// Thread-safe.
class CallCounter {
 public:
  // For grpc::ServerBuilder. `counter` must outlive the server: a call counts from before its
  // method runs until all that it wrote is on its way and its context is gone.
  static std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> Interceptor(
      CallCounter* counter);

  void Started();
  void Ended();
  // Waits until no call is under way: true; false when some still were after `limit`.
  bool WaitForNone(absl::Duration limit);

 private:
  Mutex mu_;
  CondVar changed_;
  int calls_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace baton

#endif  // BATON_SERVER_CALL_COUNTER_H_
