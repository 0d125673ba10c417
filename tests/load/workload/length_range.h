// Lengths drawn around a middle.
#ifndef BATON_TESTS_LOAD_WORKLOAD_LENGTH_RANGE_H_
#define BATON_TESTS_LOAD_WORKLOAD_LENGTH_RANGE_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "tests/load/workload/seeded_random.h"

namespace baton {

// Uniform over the integers from `low` to `high`, both included.
struct LengthRange {
  uint32_t low = 1;
  uint32_t high = 1;

  uint32_t Draw(SeededRandom* random) const {
    return static_cast<uint32_t>(random->Integer(low, high));
  }
};

// floor(length (1 - ratio)) to ceil(length (1 + ratio)), neither below `least`; `ratio` is in
// [0, 1). What `vllm bench serve` makes of --random-range-ratio.
inline LengthRange RangeAround(uint32_t length, double ratio, uint32_t least) {
  LengthRange range;
  range.low = std::max(least, static_cast<uint32_t>(std::floor(length * (1 - ratio))));
  range.high = std::max(least, static_cast<uint32_t>(std::ceil(length * (1 + ratio))));
  return range;
}

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_LENGTH_RANGE_H_
