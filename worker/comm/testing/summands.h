// Numbers to sum in tests of the order of summation.
#ifndef BATON_WORKER_COMM_TESTING_SUMMANDS_H_
#define BATON_WORKER_COMM_TESTING_SUMMANDS_H_

#include <cmath>
#include <cstdint>

namespace baton {

// What rank `rank` has at `i`: values of many sizes, for which from three ranks on another order of
// summation gives other bits in many places.
inline float Summand(int rank, int64_t i) {
  const uint32_t hash = (static_cast<uint32_t>(i) * 31 + static_cast<uint32_t>(rank)) * 2654435761u;
  const float mantissa = static_cast<float>(hash >> 8) / 16777216.0f + 1.0f;
  return std::ldexp(hash & 1 ? mantissa : -mantissa, static_cast<int>(hash >> 4 & 7));
}

// The sum of the first `size` ranks', in rank order.
inline float SumInRankOrder(int size, int64_t i) {
  float sum = Summand(0, i);
  for (int r = 1; r < size; ++r) sum += Summand(r, i);
  return sum;
}

}  // namespace baton

#endif  // BATON_WORKER_COMM_TESTING_SUMMANDS_H_
