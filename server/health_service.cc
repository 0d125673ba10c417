#include "server/health_service.h"

#include <utility>

namespace baton {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// One Watch stream: writes the newest status whenever it differs from the last one written, one
// write at a time.
class HealthService::Watcher : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  Watcher(HealthService* service, std::string name) : service_(service), name_(std::move(name)) {}

  // Brings the stream up to date. Called with the service's lock held, which guards all members.
  // (The analysis of locks does not see that every watcher's service_ is the caller.)
  void Update() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (ended_ || writing_) return;
    if (service_->shutdown_) {
      return End(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the server is shutting down"));
    }
    const ServingStatus status = service_->StatusOf(name_);
    if (status == response_.status()) return;
    response_.set_status(status);
    writing_ = true;
    StartWrite(&response_);
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(&service_->mu_);
    writing_ = false;
    if (ok) {
      Update();
    } else {
      End(grpc::Status::CANCELLED);
    }
  }

  void OnCancel() override {
    MutexLock lock(&service_->mu_);
    End(grpc::Status::CANCELLED);
  }

  void OnDone() override { delete this; }

 private:
  void End(const grpc::Status& status) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (ended_) return;
    ended_ = true;
    service_->watchers_.erase(this);
    Finish(status);
  }

  HealthService* const service_;
  const std::string name_;
  HealthCheckResponse
      response_;  // the last one written; UNKNOWN, which is never sent, before the first
  bool writing_ = false;
  bool ended_ = false;
};

HealthService::HealthService(std::set<std::string> names) : names_(std::move(names)) {
  names_.insert("");
}

HealthService::ServingStatus HealthService::StatusOf(const std::string& name) const {
  if (names_.count(name) == 0) return HealthCheckResponse::SERVICE_UNKNOWN;
  return serving_ && !shutdown_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

void HealthService::UpdateAll() {
  const std::set<Watcher*> watchers = watchers_;  // one that ends leaves watchers_
  for (Watcher* watcher : watchers) watcher->Update();
}

void HealthService::SetServing(bool serving) {
  MutexLock lock(&mu_);
  serving_ = serving;
  UpdateAll();
}

void HealthService::Shutdown() {
  MutexLock lock(&mu_);
  shutdown_ = true;
  UpdateAll();
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  MutexLock lock(&mu_);
  response->set_status(StatusOf(request->service()));
  reactor->Finish(response->status() == HealthCheckResponse::SERVICE_UNKNOWN
                      ? grpc::Status(grpc::StatusCode::NOT_FOUND,
                                     "no service \"" + request->service() + "\" here")
                      : grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext*, const HealthCheckRequest* request) {
  auto* watcher = new Watcher(this, request->service());
  MutexLock lock(&mu_);
  watchers_.insert(watcher);
  watcher->Update();
  return watcher;
}

}  // namespace baton
