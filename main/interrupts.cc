#include "main/interrupts.h"

#include <unistd.h>

#include <utility>

#include "main/exit_code.h"

namespace baton {

Interrupts::Interrupts() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, &previous_mask_);
  listener_ = std::thread([this] { Listen(); });
}

Interrupts::~Interrupts() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
  }
  pthread_kill(listener_.native_handle(), SIGTERM);  // wakes sigwait in that thread alone
  listener_.join();
  pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
}

void Interrupts::SetHandler(std::function<void()> handler) {
  MutexLock lock(&mu_);
  handler_ = std::move(handler);
  called_ = false;
}

void Interrupts::Listen() {
  int number = 0;
  while (sigwait(&signals_, &number) == 0) {
    MutexLock lock(&mu_);
    if (stopping_) return;
    if (handler_ == nullptr || called_) _exit(kExitInterrupted);
    called_ = true;
    handler_();
  }
}

}  // namespace baton
