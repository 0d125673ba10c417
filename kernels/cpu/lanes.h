// The 16-lane reductions of the specification, in plain C++.
#ifndef BATON_KERNELS_CPU_LANES_H_
#define BATON_KERNELS_CPU_LANES_H_

namespace baton {

inline float FoldSum(float lanes[16]) {
  for (int half = 8; half >= 1; half /= 2) {
    for (int j = 0; j < half; ++j) lanes[j] += lanes[j + half];
  }
  return lanes[0];
}

inline float MaxOf(float accumulator, float x) { return accumulator > x ? accumulator : x; }

}  // namespace baton

#endif  // BATON_KERNELS_CPU_LANES_H_
