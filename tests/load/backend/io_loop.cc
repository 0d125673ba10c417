#include "tests/load/backend/io_loop.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "common/check.h"
#include "common/clock.h"

namespace baton {
namespace {

constexpr int kEventsAtOnce = 256;

// Libraries that write to a socket whose peer has gone must get an error, and no signal.
void BlockBrokenPipeSignal() {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
}

void WatchForReading(int epoll, int fd) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  BATON_CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
}

// An eventfd or a timerfd.
void Clear(int fd) {
  uint64_t count;
  const ssize_t size = read(fd, &count, sizeof(count));
  static_cast<void>(size);  // nothing was there to clear
}

void Close(int fd) {
  if (fd >= 0) close(fd);
}

}  // namespace

absl::StatusOr<std::unique_ptr<IoLoop>> IoLoop::Create() {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  const int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (epoll >= 0 && wake >= 0 && timer >= 0) {
    return std::unique_ptr<IoLoop>(new IoLoop(epoll, wake, timer));
  }
  for (const int fd : {epoll, wake, timer}) Close(fd);
  return absl::ResourceExhaustedError(
      "no file descriptor is left for an I/O thread; see ulimit -n");
}

IoLoop::IoLoop(int epoll, int wake, int timer) : epoll_(epoll), wake_(wake), timer_(timer) {
  WatchForReading(epoll_, wake_);
  WatchForReading(epoll_, timer_);
  thread_ = std::thread([this] { Run(); });
}

IoLoop::~IoLoop() {
  Join();
  for (const int fd : {epoll_, wake_, timer_}) Close(fd);
}

void IoLoop::Post(std::function<void()> work) {
  bool first;
  {
    MutexLock lock(&mu_);
    first = posted_.empty();
    posted_.push_back(std::move(work));
  }
  if (first && std::this_thread::get_id() != thread_.get_id()) eventfd_write(wake_, 1);
}

void IoLoop::Join() {
  if (!thread_.joinable()) return;
  {
    MutexLock lock(&mu_);
    joining_ = true;
  }
  eventfd_write(wake_, 1);
  thread_.join();
}

void IoLoop::Watch(int fd, uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.fd = fd;
  if (events == 0) {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, &event);  // fails if it was closed, which is as good
  } else if (epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) != 0) {
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
}

void IoLoop::Run() {
  BlockBrokenPipeSignal();
  bool busy = true, last = false;
  while (busy || !last) {
    WaitAndHandle(/*block=*/!busy);
    timers_.RunDue(Clock::Real()->Now());
    last = joining();  // before what was posted is taken, so that none of it is left
    busy = RunPosted();
  }
}

void IoLoop::WaitAndHandle(bool block) {
  ArmTimer();
  epoll_event events[kEventsAtOnce];
  const int count = epoll_wait(epoll_, events, kEventsAtOnce, block ? -1 : 0);
  for (int i = 0; i < count; ++i) {
    const int fd = events[i].data.fd;
    if (fd == wake_) {
      Clear(wake_);
    } else if (fd == timer_) {
      armed_.reset();
      Clear(timer_);
    } else {
      on_ready_(fd, events[i].events);
    }
  }
}

// It may stay set to a time before the first timer's: then it wakes the thread for nothing, once.
void IoLoop::ArmTimer() {
  const absl::optional<absl::Time> next = timers_.next();
  if (!next || (armed_ && *armed_ <= *next)) return;
  armed_ = next;
  itimerspec spec = {};
  const absl::Duration wait = *next - Clock::Real()->Now();
  spec.it_value = absl::ToTimespec(std::max(wait, absl::Nanoseconds(1)));  // 0 would switch it off
  timerfd_settime(timer_, 0, &spec, nullptr);
}

bool IoLoop::RunPosted() {
  std::vector<std::function<void()>> work;
  {
    MutexLock lock(&mu_);
    work.swap(posted_);
  }
  for (const std::function<void()>& w : work) w();
  return !work.empty();
}

bool IoLoop::joining() {
  MutexLock lock(&mu_);
  return joining_;
}

}  // namespace baton
