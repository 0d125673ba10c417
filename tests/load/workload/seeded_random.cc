#include "tests/load/workload/seeded_random.h"

#include <cmath>

#include "tests/load/workload/fixed_math.h"

namespace baton {
namespace {

// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

uint64_t Fold(std::initializer_list<uint64_t> key) {
  uint64_t state = key.size();
  for (const uint64_t word : key) state = Mix(Mix(state + 0x9e3779b97f4a7c15u) ^ word);
  return state;
}

}  // namespace

SeededRandom::SeededRandom(std::initializer_list<uint64_t> key) : engine_(Fold(key)) {}

double SeededRandom::Uniform() {
  return (static_cast<double>(Bits() >> 11) + 1) * std::ldexp(1.0, -53);
}

uint64_t SeededRandom::Integer(uint64_t low, uint64_t high) {
  const uint64_t count = high - low + 1;  // 0 is 2^64
  if (count == 0) return Bits();
  const uint64_t excess = (UINT64_MAX % count + 1) % count;  // of 2^64 over a multiple of `count`
  uint64_t bits = Bits();
  while (bits > UINT64_MAX - excess) bits = Bits();
  return low + bits % count;
}

double SeededRandom::Exponential() { return -FixedLog(Uniform()); }

double SeededRandom::Normal() {
  while (true) {
    const double u = 2 * Uniform() - 1;
    const double v = 2 * Uniform() - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * std::sqrt(-2 * FixedLog(s) / s);
  }
}

double SeededRandom::Gamma(double shape) {
  if (shape < 1) {
    const double larger = Gamma(shape + 1);
    return larger * FixedExp(FixedLog(Uniform()) / shape);
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = Normal();
    const double t = 1 + c * x;
    if (t <= 0) continue;
    const double v = t * t * t;
    if (FixedLog(Uniform()) < 0.5 * x * x + d - d * v + d * FixedLog(v)) return d * v;
  }
}

}  // namespace baton
