// How many calls a gRPC server has under way: gRPC itself can wait for calls and connections
// together only, and an idle client that does not look at its socket keeps a connection for long.
#ifndef BATON_SERVER_CALL_COUNTER_H_
#define BATON_SERVER_CALL_COUNTER_H_

#include <memory>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "common/mutex.h"
#include "grpcpp/support/server_interceptor.h"

namespace baton {

// Thread-safe.
class CallCounter {
 public:
  // For grpc::ServerBuilder. `counter` must outlive the server: a call counts from before its
  // method runs until all that it wrote is on its way and its context is gone. Calls of the methods
  // `self_counting` ("/package.Service/Method") do not: an interceptor sees every message and costs
  // more than a microsecond each time, which is much for a long stream of small ones.
  static std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> Interceptor(
      CallCounter* counter, std::set<std::string> self_counting);

  // Counts a call as long as what it gives is held. Must outlive that.
  std::shared_ptr<void> Count();

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
