// Choosing the next token from a row of logits.
#ifndef BATON_KERNELS_CPU_SAMPLING_H_
#define BATON_KERNELS_CPU_SAMPLING_H_

#include <cstdint>
#include <vector>

#include "kernels/cpu/kernels.h"
#include "kernels/ops.h"

namespace baton {

// A pure function of `row` and its logits; `scratch` is memory to reuse.
//
// Greedy (temperature below 1e-6): the largest logit, the lowest id among equals. Otherwise w[i] =
// exp(l[i] / T − max / T). Tokens are ranked by logit, the lower id first among equals. Top-k keeps
// the first k; top-p keeps the fewest of these whose weights, added in rank order in double, reach
// p times the sum of all kept so far. The draw is the first kept token in id order at which the sum
// of the kept weights, in double, exceeds u times their total; u = UniformDraw(seed, choice,
// position). Log probabilities are those of the logits themselves: l[i] − (max + log Σ exp(l −
// max)).
SampleResult SampleFrom(const CpuKernels& kernels, const SampleRow& row, int64_t vocab,
                        std::vector<float>& scratch);

}  // namespace baton

#endif  // BATON_KERNELS_CPU_SAMPLING_H_
