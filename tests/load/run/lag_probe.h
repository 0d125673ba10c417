// Measures how late timers of this process are, and how much of the machine it gets.
#ifndef BATON_TESTS_LOAD_RUN_LAG_PROBE_H_
#define BATON_TESTS_LOAD_RUN_LAG_PROBE_H_

#include <atomic>
#include <map>
#include <thread>

#include "absl/time/time.h"
#include "tests/load/run/own_lag.h"

namespace baton {

// Waits on the calling thread end when they are over, and not up to 50 µs later (Linux's default
// timer slack).
void UsePreciseTimers();

// Measures from its construction until Stop.
class LagProbe {
 public:
  LagProbe();
  ~LagProbe();

  // Fills in all but `send_us`. To be called once.
  void Stop(OwnLag* lag);

 private:
  struct CpuTimes {
    absl::Time at;
    double process = 0;         // seconds, threads that have ended included
    std::map<int, double> ran;  // of each thread that lives
    double waited = 0;          // of all of these, for a CPU
  };
  static CpuTimes ReadCpuTimes();
  void Run();

  const CpuTimes before_;
  std::atomic<bool> stop_{false};
  std::vector<uint32_t> late_us_;  // of the thread, until it has ended
  std::thread thread_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_RUN_LAG_PROBE_H_
