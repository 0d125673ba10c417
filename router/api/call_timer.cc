#include "router/api/call_timer.h"

#include <utility>

#include "absl/time/clock.h"

namespace baton {

void CallTimer::CancelAfter(absl::Duration limit) {
  auto alarm = std::make_unique<grpc::Alarm>();
  {
    const std::lock_guard<std::recursive_mutex> lock(mu_);
    if (context_ == nullptr) return;
    std::swap(alarm_, alarm);  // the one before ends without the lock
    alarm_->Set(absl::ToChronoTime(absl::Now() + limit), [self = shared_from_this()](bool due) {
      if (due) self->Cancel();
    });
  }
}

void CallTimer::Stop() {
  std::unique_ptr<grpc::Alarm> alarm;
  const std::lock_guard<std::recursive_mutex> lock(mu_);
  context_ = nullptr;
  std::swap(alarm_, alarm);
}

void CallTimer::Cancel() {
  const std::lock_guard<std::recursive_mutex> lock(mu_);
  if (context_ != nullptr) context_->TryCancel();
}

}  // namespace baton
