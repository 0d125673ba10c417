// How long an all-reduce between two processes takes when both run. Prints percentiles in
// microseconds.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "kernels/cpu/cpu_device.h"
#include "worker/comm/shm_communicator.h"

namespace baton {
namespace {

// Two processes alternate between the same little work and an all-reduce, as two ranks do.
int Run(int rank, const std::string& rendezvous, int64_t floats, int rounds) {
  ShmOptions options;
  options.rendezvous = rendezvous;
  options.rank = rank;
  options.incarnations = {1, 2};
  absl::StatusOr<std::unique_ptr<Communicator>> c = ConnectShm(options);
  if (!c.ok()) return 1;
  CpuDevice device;
  std::unique_ptr<Stream> stream = *device.NewStream();
  std::vector<float> data(floats, 1.0f);
  std::vector<double> micros;
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    if (!(*c)->AllReduceSum(*stream, data.data(), floats).ok()) return 1;
    micros.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
            .count());
    std::fill(data.begin(), data.end(), 1.0f);
  }
  if (rank != 0) return 0;
  micros.erase(micros.begin(), micros.begin() + rounds / 10);
  std::sort(micros.begin(), micros.end());
  const auto at = [&](double q) {
    return micros[static_cast<size_t>(q * static_cast<double>(micros.size() - 1))];
  };
  std::printf("%8lld floats: p50 %.2f us, p90 %.2f us, p99 %.2f us\n",
              static_cast<long long>(floats), at(0.5), at(0.9), at(0.99));
  return 0;
}

}  // namespace
}  // namespace baton

int main() {
  for (int64_t floats : {576, 8 * 576, 32 * 576, 512 * 576}) {
    const std::string rendezvous =
        "benchmark" + std::to_string(getpid()) + "." + std::to_string(floats);
    const int rounds = floats > 100000 ? 500 : 20000;
    const pid_t child = fork();
    if (child == 0) _exit(baton::Run(1, rendezvous, floats, rounds));
    const int result = baton::Run(0, rendezvous, floats, rounds);
    std::fflush(stdout);
    kill(child, result == 0 ? 0 : SIGKILL);
    waitpid(child, nullptr, 0);
    if (result != 0) return result;
  }
  return 0;
}
