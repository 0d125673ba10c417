// What twice the capacity does to a cluster of this machine: starts `baton serve`, finds the rate
// at which it gives the most goodput, then offers twice that.
//
//   bazel run //tests/load/overload -- --model MODEL.gguf
//
// The estimate of the capacity is measured first, by far too many requests. Each rate is a share
// (--shares) of it. The capacity is the highest of these rates at which less than 1 % of the
// requests are refused or late; the best goodput is that of any rate up to it, or beyond if there
// is none. Exit code 1 when something is missed.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/e2e/process_stats.h"
#include "tests/e2e/serve_process.h"
#include "tests/load/overload/load_flags.h"
#include "tests/load/overload/open_loop.h"

namespace baton {
namespace {

struct Flags {
  LoadOptions load;
  ServeFlags serve;
  double estimate = 0;  // 0: measure it
  double estimate_rate = 100;
  double overload_seconds = 120;
  double overload = 2;
  std::vector<double> shares = {0.5, 0.75, 0.9, 1.0, 1.1};
};

// The memory of a cluster's processes, every second.
class MemoryLog {
 public:
  explicit MemoryLog(pid_t serve)
      : thread_([this, serve] {
          while (!stop_.load()) {
            samples_.push_back(ReadClusterStats(serve));
            absl::SleepFor(absl::Seconds(1));
          }
        }) {}

  // Call it once.
  std::vector<ClusterStats> Stop() {
    stop_.store(true);
    thread_.join();
    return std::move(samples_);
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<ClusterStats> samples_;  // of the thread
  std::thread thread_;
};

std::string CpuName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (absl::StartsWith(line, "model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string Date() {
  const time_t now = std::time(nullptr);
  char text[16];
  std::strftime(text, sizeof(text), "%Y-%m-%d", std::gmtime(&now));
  return text;
}

OverloadReport Run(ServeProcess* serve, LoadOptions load) {
  load.server = serve->address();
  auto result = RunOpenLoop(load);
  if (!result.ok()) {
    std::fprintf(stderr, "overload: %s\n", result.status().ToString().c_str());
    std::exit(1);
  }
  serve->WaitIdle(absl::Seconds(5));
  return *std::move(result);
}

double Estimate(ServeProcess* serve, const Flags& flags) {
  if (flags.estimate > 0) return flags.estimate;
  LoadOptions load = flags.load;
  load.rate = flags.estimate_rate;
  load.seed += 1000;
  const OverloadReport report = Run(serve, load);
  return report.tokens_per_second / load.output_tokens;
}

// The most by which a process's memory may grow.
constexpr double kFlat = 1.02;
// Retries that were let in between half and twice of what was told.
constexpr double kTrueRetries = 0.9;

// Collects verdicts. A figure that is not a number is no success.
class Judge {
 public:
  const char* operator()(bool good) {
    all_good_ = all_good_ && good;
    return good ? "ok" : "MISSED";
  }
  bool all_good() const { return all_good_; }

 private:
  bool all_good_ = true;
};

void PrintMemory(const std::vector<ClusterStats>& samples, Judge* judge) {
  constexpr double kMiB = 1 << 20;
  for (const auto& [name, first] : samples.front()) {
    int64_t most = 0;
    for (const ClusterStats& sample : samples) {
      const auto it = sample.find(name);
      if (it != sample.end()) most = std::max(most, it->second.resident_bytes);
    }
    const auto at = [&, &name = name](size_t i) {
      const auto it = samples[i].find(name);
      return it == samples[i].end() ? 0 : it->second.resident_bytes / kMiB;
    };
    const double quarter = at(samples.size() / 4), end = at(samples.size() - 1);
    std::printf(
        "  %-14s %.1f MiB before, %.1f after a quarter, %.1f at the end, %.1f at most   %s\n",
        name.c_str(), first.resident_bytes / kMiB, quarter, end, most / kMiB,
        (*judge)(quarter > 0 && end <= quarter * kFlat));
  }
}

int Main(Flags flags) {
  auto started = ServeProcess::Start(flags.serve);
  if (!started.ok()) {
    std::fprintf(stderr, "overload: %s\n", started.status().ToString().c_str());
    return 1;
  }
  ServeProcess& serve = **started;
  std::printf("%s, %d CPUs, %s\n", CpuName().c_str(),
              static_cast<int>(std::thread::hardware_concurrency()), Date().c_str());
  const double estimate = Estimate(&serve, flags);
  std::printf("estimate of the capacity: %.2f requests/s\n\n", estimate);
  double capacity = 0, best = 0, best_beyond = 0;
  for (const double share : flags.shares) {
    LoadOptions load = flags.load;
    load.rate = estimate * share;
    load.seed += static_cast<uint64_t>(share * 100);
    const OverloadReport report = Run(&serve, load);
    std::printf("--- %.2f of it\n%s\n", share, ToText(report).c_str());
    std::fflush(stdout);
    best_beyond = std::max(best_beyond, report.goodput);
    if (report.in_time * 100 < report.offered * 99) continue;
    capacity = std::max(capacity, load.rate);
    best = std::max(best, report.goodput);
  }
  if (capacity == 0) {
    std::printf("no rate was served whole; the estimate is taken for the capacity\n");
    capacity = estimate;
    best = best_beyond;
  }
  LoadOptions load = flags.load;
  load.rate = capacity * flags.overload;
  load.duration = absl::Seconds(flags.overload_seconds);
  load.retry_probe = true;
  MemoryLog memory(serve.process().pid());
  const OverloadReport report = Run(&serve, load);
  const std::vector<ClusterStats> samples = memory.Stop();
  std::printf("--- overload: %.2f times the capacity of %.2f requests/s\n%s\n", flags.overload,
              capacity, ToText(report).c_str());
  Judge judge;
  std::printf("goodput          %.1f tokens/s, %.2f of the best %.1f   %s\n", report.goodput,
              report.goodput / best, best,
              judge(report.goodput > 0 && report.goodput >= 0.9 * best));
  std::printf("refusals         p50 %.2f ms, p99 %.2f ms   %s\n", report.refusal.Percentile(50),
              report.refusal.Percentile(99),
              judge(report.refused > 0 && report.refusal.Percentile(50) < 5 &&
                    report.refusal.Percentile(99) < 25));
  std::printf(
      "RetryInfo        %.0f %% within a factor of two (%.0f %% but for the polling)   %s\n",
      report.retries.within_two * 100, report.retries.within_two_polled * 100,
      judge(report.retries.within_two_polled >= kTrueRetries));
  PrintMemory(samples, &judge);
  std::printf("%s\n", ToJson(report).c_str());
  int exit_code;
  serve.Stop(&exit_code);
  return exit_code != 0 ? exit_code : judge.all_good() ? 0 : 1;
}

}  // namespace
}  // namespace baton

int main(int argc, char** argv) {
  baton::Flags flags;
  flags.serve.kv_memory = "256MiB";
  CLI::App app("Finds the capacity of a cluster on this machine and offers twice as much");
  app.add_option("--model", flags.serve.model, "GGUF file")->required();
  app.add_option("--tp", flags.serve.tp, "Tensor-parallel size")->capture_default_str();
  app.add_option("--kv-memory", flags.serve.kv_memory, "KV cache of each worker")
      ->capture_default_str();
  app.add_option("--estimate", flags.estimate, "Capacity in requests/s; 0: measure it");
  app.add_option("--estimate-rate", flags.estimate_rate, "Too many requests a second")
      ->capture_default_str();
  app.add_option("--overload-seconds", flags.overload_seconds, "How long")->capture_default_str();
  app.add_option("--overload", flags.overload, "How many times the capacity")
      ->capture_default_str();
  app.add_option("--shares", flags.shares, "Rates to try, as shares of the estimate")
      ->delimiter(',');
  app.add_option("--serve-flag", flags.serve.more,
                 "Further flag of `baton serve`, as --NAME=VALUE");
  baton::AddLoadOptions(&app, &flags.load);
  CLI11_PARSE(app, argc, argv);
  return baton::Main(flags);
}
