// Random numbers for workloads: the same from the same key on every machine. The standard fixes
// what its engines give, but not its distributions, so those are written out here.
#ifndef BATON_TESTS_LOAD_WORKLOAD_SEEDED_RANDOM_H_
#define BATON_TESTS_LOAD_WORKLOAD_SEEDED_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <utility>
#include <vector>

namespace baton {

// What numbers are drawn for: the first word of a key after the seed, so that no two uses share
// their numbers. Values are never changed, because the numbers would.
enum SeedUse : uint64_t {
  kSeedArrivals = 1,
  kSeedLengths = 2,
  kSeedPrefix = 3,
  kSeedBody = 4,
  kSeedOrder = 5,
  kSeedOversample = 6,
  kSeedTurns = 7,
  kSeedThinkTime = 8,
  kSeedCancel = 9,
  kSeedSlowReader = 10,
  kSeedDeadline = 11,
};

// One stream of numbers. Of one thread at a time.
class SeededRandom {
 public:
  // A stream of its own for each key, such as {seed, kSeedBody, point, request}.
  explicit SeededRandom(std::initializer_list<uint64_t> key);

  uint64_t Bits() { return engine_(); }
  double Uniform();                               // in (0, 1], on a grid of 2^-53
  uint64_t Integer(uint64_t low, uint64_t high);  // uniform, both ends included; low <= high
  bool Chance(double probability) { return Uniform() <= probability; }
  double Exponential();  // of mean 1: -ln of a uniform number
  double Normal();       // of mean 0 and deviation 1, by Marsaglia's polar method (1964)

  // Of shape `shape` > 0 and scale 1, so of mean `shape`: Marsaglia and Tsang, "A simple method
  // for generating gamma variables" (2000), with their U^(1/shape) for a shape below 1.
  double Gamma(double shape);

  // Fisher and Yates's.
  template <typename T>
  void Shuffle(std::vector<T>* items) {
    for (size_t i = items->size(); i > 1; --i)
      std::swap((*items)[i - 1], (*items)[Integer(0, i - 1)]);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_SEEDED_RANDOM_H_
