#include "tests/load/run/lag_probe.h"

#include <dirent.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

#include "common/clock.h"

namespace baton {
namespace {

constexpr int64_t kIntervalNs = 1000000;

int64_t MonotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
}

void SleepUntilNs(int64_t at) {
  const timespec until = {at / 1000000000, at % 1000000000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

double ProcessCpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double CpusAllowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return CPU_COUNT(&set);
}

}  // namespace

void UsePreciseTimers() { prctl(PR_SET_TIMERSLACK, 1); }

// The first two numbers of /proc/PID/task/TID/schedstat: nanoseconds for which a thread ran, and
// waited for a CPU (proc(5), Documentation/scheduler/sched-stats).
LagProbe::CpuTimes LagProbe::ReadCpuTimes() {
  CpuTimes times;
  times.at = Clock::Real()->Now();
  times.process = ProcessCpuSeconds();
  DIR* directory = opendir("/proc/self/task");
  if (directory == nullptr) return times;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] == '.') continue;
    std::ifstream file(std::string("/proc/self/task/") + entry->d_name + "/schedstat");
    double ran_ns = 0, waited_ns = 0;
    if (!(file >> ran_ns >> waited_ns)) continue;
    times.ran[std::atoi(entry->d_name)] = ran_ns * 1e-9;
    times.waited += waited_ns * 1e-9;
  }
  closedir(directory);
  return times;
}

LagProbe::LagProbe() : before_(ReadCpuTimes()), thread_([this] { Run(); }) {}

LagProbe::~LagProbe() {
  stop_.store(true);
  if (thread_.joinable()) thread_.join();
}

void LagProbe::Run() {
  UsePreciseTimers();
  int64_t at = MonotonicNs();
  while (!stop_.load()) {
    at += kIntervalNs;
    SleepUntilNs(at);
    const int64_t now = MonotonicNs();
    late_us_.push_back(static_cast<uint32_t>(std::min<int64_t>((now - at) / 1000, UINT32_MAX)));
    at = std::max(at, now - kIntervalNs);  // what was missed is told once
  }
}

void LagProbe::Stop(OwnLag* lag) {
  const CpuTimes after = ReadCpuTimes();  // before the thread has gone, whose waiting counts
  stop_.store(true);
  thread_.join();
  lag->timer_us = std::move(late_us_);
  const double seconds = absl::ToDoubleSeconds(after.at - before_.at);
  if (seconds <= 0) return;
  const double ran = after.process - before_.process;
  const double waited = std::max(0.0, after.waited - before_.waited);
  lag->cpus_used = ran / seconds;
  lag->cpus_allowed = CpusAllowed();
  for (const auto& [thread, total] : after.ran) {
    const auto before = before_.ran.find(thread);
    const double since = before == before_.ran.end() ? total : total - before->second;
    lag->busiest_thread = std::max(lag->busiest_thread, since / seconds);
  }
  if (ran + waited > 0) lag->runqueue_share = waited / (ran + waited);
}

}  // namespace baton
