#include "main/supervisor.h"

#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "main/flag_values.h"

namespace baton {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(100);

std::string DescribeEnd(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    return absl::StrCat("was killed by signal ", WTERMSIG(wait_status), " (",
                        strsignal(WTERMSIG(wait_status)), ")");
  }
  return absl::StrCat("ended with exit code ", WEXITSTATUS(wait_status));
}

}  // namespace

Supervisor::Supervisor(SupervisorOptions options, std::vector<ChildSpec> specs,
                       SupervisorHooks hooks)
    : options_(std::move(options)), hooks_(std::move(hooks)) {
  for (ChildSpec& spec : specs) {
    children_.emplace_back();
    children_.back().spec = std::move(spec);
    children_.back().start_again = absl::InfinitePast();
  }
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, &previous_mask_);
  signal_fd_ = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

Supervisor::~Supervisor() {
  close(signal_fd_);
  pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
}

absl::Status Supervisor::Run() {
  while (!stopping_ || AnyRuns()) {
    if (!stopping_) StartDue();
    Poll(kTick);
    HandleSignals();
    for (Child& child : children_) Relay(&child);
    Reap();
    if (stopping_) ContinueStop();
    hooks_.on_tick();
  }
  return result_;
}

absl::Time Supervisor::Now() const { return Clock::Real()->Now(); }

bool Supervisor::AnyRuns() const {
  return std::any_of(children_.begin(), children_.end(),
                     [](const Child& child) { return child.process != nullptr; });
}

void Supervisor::StartDue() {
  for (Child& child : children_) {
    if (child.process != nullptr || child.start_again > Now()) continue;
    auto process = ChildProcess::Start(child.spec);
    if (!process.ok()) {
      hooks_.on_event(std::string(process.status().message()));
      child.start_again = Now() + options_.max_backoff;
      continue;
    }
    child.process = *std::move(process);
    child.started = Now();
    child.last_words.clear();
  }
}

void Supervisor::Poll(absl::Duration timeout) {
  std::vector<pollfd> fds = {{signal_fd_, POLLIN, 0}};
  for (const Child& child : children_) {
    if (child.process != nullptr) fds.push_back({child.process->output_fd(), POLLIN, 0});
  }
  poll(fds.data(), fds.size(), static_cast<int>(absl::ToInt64Milliseconds(timeout)));
}

void Supervisor::HandleSignals() {
  signalfd_siginfo info;
  while (read(signal_fd_, &info, sizeof(info)) == sizeof(info)) {
    if (info.ssi_signo == SIGCHLD) continue;
    if (stopping_) {
      SignalAll(SIGKILL, std::numeric_limits<int>::max());
    } else {
      hooks_.on_event("stopping");
      BeginStop();
    }
  }
}

void Supervisor::Relay(Child* child) {
  if (child->process == nullptr) return;
  for (std::string& line : child->process->ReadLines()) {
    if (absl::StartsWith(line, options_.last_words_prefix)) {
      child->last_words = std::move(line);
    } else {
      hooks_.on_line(child->spec.name, line);
    }
  }
}

void Supervisor::Reap() {
  for (Child& child : children_) {
    int wait_status;
    if (child.process == nullptr || waitpid(child.process->pid(), &wait_status, WNOHANG) <= 0) {
      continue;
    }
    Relay(&child);
    child.process.reset();
    Ended(&child, wait_status);
  }
}

void Supervisor::Ended(Child* child, int wait_status) {
  if (stopping_) return;
  std::string what = absl::StrCat(child->spec.name, " ", DescribeEnd(wait_status));
  if (!child->last_words.empty()) absl::StrAppend(&what, ": ", child->last_words);
  const bool was_healthy = Now() - child->started >= options_.healthy_after;
  child->failures = was_healthy ? 1 : child->failures + 1;
  if (!started_) {
    if (IsFatal(wait_status)) return FailStartUp(absl::FailedPreconditionError(what));
    if (child->failures >= options_.max_startup_failures) {
      return FailStartUp(absl::UnavailableError(absl::StrCat(
          what, "; it failed ", child->failures, " times in a row before it was ready")));
    }
  }
  const int doublings = std::min(child->failures - 1, 20);
  absl::Duration pause =
      std::min(options_.min_backoff * (int64_t{1} << doublings), options_.max_backoff);
  if (IsFatal(wait_status)) {
    pause = options_.max_backoff;
    absl::StrAppend(&what, "; it can not work unless something changes");
  }
  child->start_again = Now() + pause;
  hooks_.on_event(absl::StrCat(what, "; starting it again in ", ShowDuration(pause)));
}

bool Supervisor::IsFatal(int wait_status) const {
  return WIFEXITED(wait_status) && options_.fatal_exit_codes.count(WEXITSTATUS(wait_status)) > 0;
}

void Supervisor::FailStartUp(absl::Status status) {
  result_ = std::move(status);
  BeginStop();
  SignalAll(SIGKILL, std::numeric_limits<int>::max());  // nothing is being served
}

void Supervisor::BeginStop() {
  stopping_ = true;
  hooks_.on_stop();
  stop_began_ = Now();
}

void Supervisor::ContinueStop() {
  const absl::Duration elapsed = Now() - stop_began_;
  if (elapsed >= options_.drain_timeout + options_.stop_timeout) {
    return SignalAll(SIGKILL, std::numeric_limits<int>::max());
  }
  if (stop_phase_ >= 0 && elapsed >= options_.drain_timeout + options_.stop_timeout / 2) {
    SignalAll(SIGKILL, 0);
  }
  int phase = std::numeric_limits<int>::max();
  for (const Child& child : children_) {
    if (child.process != nullptr) phase = std::min(phase, child.spec.stop_phase);
  }
  if (phase == std::numeric_limits<int>::max() || phase <= stop_phase_) return;
  stop_phase_ = phase;
  SignalAll(SIGTERM, phase);
}

void Supervisor::SignalAll(int number, int max_phase) {
  for (Child& child : children_) {
    if (child.process != nullptr && child.spec.stop_phase <= max_phase) {
      child.process->Signal(number);
    }
  }
}

}  // namespace baton
