// What gRPC's health service has said, in order.
#ifndef BATON_TESTS_E2E_HEALTH_LOG_H_
#define BATON_TESTS_E2E_HEALTH_LOG_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/client_context.h"

namespace baton {

// Watches the whole server from the constructor on, until the server ends the stream. Thread-safe.
class HealthLog {
 public:
  explicit HealthLog(const std::string& address);
  ~HealthLog();

  // True for SERVING; two neighbours always differ.
  std::vector<bool> serving() const;
  // Whether within `limit` it has said exactly this.
  bool WaitFor(const std::vector<bool>& expected, absl::Duration limit) const;

 private:
  void Watch();

  const std::unique_ptr<grpc::health::v1::Health::Stub> stub_;
  grpc::ClientContext context_;
  mutable Mutex mu_;
  std::vector<bool> serving_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;  // last: uses what is above
};

}  // namespace baton

#endif  // BATON_TESTS_E2E_HEALTH_LOG_H_
