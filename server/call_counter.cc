#include "server/call_counter.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace baton {
namespace {

// Lives as long as its call, and lets everything pass.
class CountedCall : public grpc::experimental::Interceptor {
 public:
  explicit CountedCall(CallCounter* counter) : counter_(counter) { counter_->Started(); }
  ~CountedCall() override { counter_->Ended(); }
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    methods->Proceed();
  }

 private:
  CallCounter* const counter_;
};

class Factory : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  Factory(CallCounter* counter, std::set<std::string> self_counting)
      : counter_(counter), self_counting_(std::move(self_counting)) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* call) override {
    if (self_counting_.count(call->method()) > 0) return nullptr;
    return new CountedCall(counter_);
  }

 private:
  CallCounter* const counter_;
  const std::set<std::string> self_counting_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> CallCounter::Interceptor(
    CallCounter* counter, std::set<std::string> self_counting) {
  return std::make_unique<Factory>(counter, std::move(self_counting));
}

std::shared_ptr<void> CallCounter::Count() {
  Started();
  return std::shared_ptr<void>(this, [this](void*) { Ended(); });
}

void CallCounter::Started() {
  MutexLock lock(&mu_);
  ++calls_;
}

void CallCounter::Ended() {
  MutexLock lock(&mu_);
  if (--calls_ == 0) changed_.SignalAll();
}

bool CallCounter::WaitForNone(absl::Duration limit) {
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoMicroseconds(limit);
  MutexLock lock(&mu_);
  while (calls_ > 0) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) return false;
    changed_.WaitFor(&mu_, left);
  }
  return true;
}

}  // namespace baton
