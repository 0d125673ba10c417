#include "tests/load/arrivals.h"

#include <cmath>
#include <random>

namespace baton {
namespace {

// Uniform in (0, 1]. The standard's distributions differ between libraries; its engines do not.
double Uniform(std::mt19937_64* engine) {
  return (static_cast<double>((*engine)() >> 11) + 1) * std::ldexp(1.0, -53);
}

}  // namespace

std::vector<absl::Duration> PoissonArrivals(double rate, absl::Duration duration, uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<absl::Duration> arrivals;
  absl::Duration at;
  while (true) {
    at += absl::Seconds(-std::log(Uniform(&engine)) / rate);
    if (at >= duration) return arrivals;
    arrivals.push_back(at);
  }
}

std::vector<uint32_t> RandomPrompt(uint64_t seed, uint64_t index, uint32_t length, uint32_t first,
                                   uint32_t last) {
  std::mt19937_64 engine(seed * 0x9e3779b97f4a7c15u + index);
  std::vector<uint32_t> ids(length);
  for (uint32_t& id : ids) id = first + static_cast<uint32_t>(engine() % (last - first + 1));
  return ids;
}

}  // namespace baton
