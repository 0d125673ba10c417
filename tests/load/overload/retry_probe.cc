#include "tests/load/overload/retry_probe.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace baton {

RetryProbe::RetryProbe(Client* client, const Options& options)
    : client_(client), options_(options) {
  for (int i = 0; i < options_.at_once; ++i) threads_.emplace_back([this] { Run(); });
}

RetryProbe::~RetryProbe() {
  {
    MutexLock lock(&mu_);
    stop_ = true;
    changed_.SignalAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

void RetryProbe::Offer(const v1::GenerateRequest& request, const std::string& reason,
                       absl::Duration told, absl::Time refused) {
  MutexLock lock(&mu_);
  if (free_ == 0 || next_.has_value()) return;
  next_ = Task{request, {reason, told, absl::nullopt}, refused};
  changed_.SignalAll();
}

std::vector<RetryOutcome> RetryProbe::Outcomes() const {
  MutexLock lock(&mu_);
  return outcomes_;
}

bool RetryProbe::Wait(absl::Time until) {
  MutexLock lock(&mu_);
  for (absl::Time now = absl::Now(); !stop_ && now < until; now = absl::Now()) {
    changed_.WaitFor(&mu_, absl::ToChronoNanoseconds(until - now));
  }
  return !stop_;
}

bool RetryProbe::Try(const v1::GenerateRequest& request) {
  const auto call = client_->Generate(request, options_.deadline);
  v1::GenerateResponse response;
  const bool admitted = call->Read(&response);
  if (admitted) {
    call->Cancel();
    while (call->Read(&response)) {
    }
  }
  call->Finish().IgnoreError();
  return admitted;
}

void RetryProbe::Run() {
  while (true) {
    Task task;
    {
      MutexLock lock(&mu_);
      ++free_;
      while (!next_.has_value() && !stop_) changed_.Wait(&mu_);
      if (stop_) return;
      --free_;
      task = *std::exchange(next_, absl::nullopt);
    }
    absl::Time next = task.refused;
    while (!task.outcome.admitted && absl::Now() - task.refused < options_.give_up) {
      next = std::max(next + options_.poll, absl::Now());
      if (!Wait(next)) return;
      const absl::Time sent = absl::Now();
      if (Try(task.request)) task.outcome.admitted = sent - task.refused;
    }
    MutexLock lock(&mu_);
    outcomes_.push_back(task.outcome);
  }
}

}  // namespace baton
