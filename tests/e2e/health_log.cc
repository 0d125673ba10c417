#include "tests/e2e/health_log.h"

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "tests/e2e/process.h"

namespace baton {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckResponse;

HealthLog::HealthLog(const std::string& address)
    : stub_(Health::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))),
      thread_([this] { Watch(); }) {}

HealthLog::~HealthLog() {
  context_.TryCancel();
  thread_.join();
}

void HealthLog::Watch() {
  const auto reader = stub_->Watch(&context_, {});
  HealthCheckResponse response;
  while (reader->Read(&response)) {
    const bool serving = response.status() == HealthCheckResponse::SERVING;
    MutexLock lock(&mu_);
    if (serving_.empty() || serving_.back() != serving) serving_.push_back(serving);
  }
  reader->Finish();
}

std::vector<bool> HealthLog::serving() const {
  MutexLock lock(&mu_);
  return serving_;
}

bool HealthLog::WaitFor(const std::vector<bool>& expected, absl::Duration limit) const {
  return Eventually(limit, [&] { return serving() == expected; });
}

}  // namespace baton
