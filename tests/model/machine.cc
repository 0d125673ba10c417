#include "tests/model/machine.h"

#include <immintrin.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

namespace baton {
namespace {

constexpr int kTrials = 5;
constexpr int64_t kBufferBytes = int64_t{192} << 20;
std::atomic<uint64_t> g_sink{0};  // keeps results alive

// Runs fn(thread) on all threads at once; seconds until the last one is done.
double Seconds(int threads, const std::function<void(int)>& fn) {
  std::atomic<int> waiting{threads};
  std::vector<std::thread> all;
  std::vector<std::chrono::steady_clock::time_point> begin(threads), end(threads);
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&, t] {
      waiting.fetch_sub(1);
      while (waiting.load() > 0) std::this_thread::yield();
      begin[t] = std::chrono::steady_clock::now();
      fn(t);
      end[t] = std::chrono::steady_clock::now();
    });
  }
  for (std::thread& t : all) t.join();
  return std::chrono::duration<double>(*std::max_element(end.begin(), end.end()) -
                                       *std::min_element(begin.begin(), begin.end()))
      .count();
}

// 16 independent chains of VPDPBUSD: 128 operations each.
constexpr int64_t kDotRounds = 1000000;
constexpr double kDotOperations = 128.0 * 16 * kDotRounds;

__attribute__((target("avx512f,avx512vnni"))) void DotProducts(int) {
  __m512i acc[16];
  const __m512i a = _mm512_set1_epi8(3), b = _mm512_set1_epi8(5);
#pragma GCC unroll 16
  for (int j = 0; j < 16; ++j) acc[j] = _mm512_setzero_si512();
  for (int64_t i = 0; i < kDotRounds; ++i) {
#pragma GCC unroll 16
    for (int j = 0; j < 16; ++j) {
      acc[j] = _mm512_dpbusd_epi32(acc[j], a, b);
      asm volatile("" : "+v"(acc[j]));  // so that the rounds are not worked out beforehand
    }
  }
#pragma GCC unroll 16
  for (int j = 0; j < 16; ++j) g_sink += static_cast<uint32_t>(_mm512_cvtsi512_si32(acc[j]));
}

uint64_t Sum(const uint64_t* data, int64_t count) {
  uint64_t lanes[32] = {};
  for (int64_t i = 0; i < count; i += 32) {
    for (int j = 0; j < 32; ++j) lanes[j] ^= data[i + j];
  }
  uint64_t sum = 0;
  for (uint64_t lane : lanes) sum ^= lane;
  return sum;
}

}  // namespace

std::string CpuModel() {
  std::ifstream file("/proc/cpuinfo");
  std::string line, name = "unknown";
  while (std::getline(file, line)) {
    if (line.rfind("model name", 0) == 0) name = line.substr(line.find(':') + 2);
  }
  return name + ", " + std::to_string(std::thread::hardware_concurrency()) + " processors";
}

MachinePeaks MeasurePeaks(int threads) {
  MachinePeaks peaks;
  if (__builtin_cpu_supports("avx512vnni")) {
    for (int i = 0; i < kTrials; ++i) {
      peaks.int8_one_thread =
          std::max(peaks.int8_one_thread, kDotOperations / Seconds(1, DotProducts));
      peaks.int8_all =
          std::max(peaks.int8_all, threads * kDotOperations / Seconds(threads, DotProducts));
    }
  }
  std::vector<uint64_t> buffer(kBufferBytes / 8, 1);
  const int64_t part = kBufferBytes / 8 / threads / 32 * 32;
  for (int i = 0; i < kTrials; ++i) {
    const double seconds =
        Seconds(threads, [&](int t) { g_sink += Sum(buffer.data() + t * part, part); });
    peaks.read_bandwidth =
        std::max(peaks.read_bandwidth, static_cast<double>(threads * part * 8) / seconds);
  }
  return peaks;
}

}  // namespace baton
