#include "server/shutdown_signal.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace baton {

ShutdownSignal::ShutdownSignal() {
  signal(SIGPIPE, SIG_IGN);
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, &previous_mask_);
  listener_ = std::thread([this] { Listen(); });
}

ShutdownSignal::~ShutdownSignal() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
  }
  pthread_kill(listener_.native_handle(), SIGTERM);  // wakes sigwait in that thread alone
  listener_.join();
  pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
}

void ShutdownSignal::Listen() {
  int number = 0;
  while (sigwait(&signals_, &number) == 0) {
    MutexLock lock(&mu_);
    if (stopping_) return;
    if (signalled_) _exit(128 + number);
    signalled_ = true;
    if (received_ == 0) received_ = number;
    changed_.SignalAll();
  }
}

int ShutdownSignal::Wait() {
  MutexLock lock(&mu_);
  while (received_ == 0) changed_.Wait(&mu_);
  return received_;
}

absl::optional<int> ShutdownSignal::WaitFor(absl::Duration timeout) {
  const auto end = std::chrono::steady_clock::now() +
                   absl::ToChronoNanoseconds(std::min(timeout, absl::Hours(24 * 365)));
  MutexLock lock(&mu_);
  while (received_ == 0) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= left.zero()) return absl::nullopt;
    changed_.WaitFor(&mu_, left);
  }
  return received_;
}

void ShutdownSignal::Notify(int signal) {
  MutexLock lock(&mu_);
  if (received_ == 0) received_ = signal;
  changed_.SignalAll();
}

}  // namespace baton
