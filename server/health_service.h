// gRPC's standard health service: Check, and Watch for those who want to be told.
//
// Unlike the one inside gRPC it says NOT_SERVING from the first moment, ends its Watch streams when
// the server stops (so a watcher never holds up a shutdown) and can be called through reflection.
// All names share one status.
#ifndef BATON_SERVER_HEALTH_SERVICE_H_
#define BATON_SERVER_HEALTH_SERVICE_H_

#include <set>
#include <string>

#include "common/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace baton {

// Thread-safe. Must outlive the server it is registered with.
class HealthService : public grpc::health::v1::Health::CallbackService {
 public:
  // `names`: the services of this server; "" (the server as a whole) is added. NOT_SERVING until
  // told otherwise.
  explicit HealthService(std::set<std::string> names);

  void SetServing(bool serving);
  // NOT_SERVING for good; ends all Watch streams with UNAVAILABLE, and later ones at once.
  void Shutdown();

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  class Watcher;
  using ServingStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;

  ServingStatus StatusOf(const std::string& name) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void UpdateAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  std::set<std::string> names_;  // never changes
  mutable Mutex mu_;
  bool serving_ ABSL_GUARDED_BY(mu_) = false;
  bool shutdown_ ABSL_GUARDED_BY(mu_) = false;
  std::set<Watcher*> watchers_
      ABSL_GUARDED_BY(mu_);  // those that have not ended; each deletes itself
};

}  // namespace baton

#endif  // BATON_SERVER_HEALTH_SERVICE_H_
