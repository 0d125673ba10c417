// Choosing the next token from a row of logits.
#ifndef BATON_KERNELS_CPU_SAMPLING_H_
#define BATON_KERNELS_CPU_SAMPLING_H_

#include <cstdint>
#include <vector>

#include "kernels/cpu/kernels.h"
#include "kernels/ops.h"

namespace baton {

// Memory to reuse from row to row, of one thread: nothing is allocated once it has grown.
struct SamplingScratch {
  std::vector<float> logits;   // after the rules
  std::vector<float> weights;  // of the draw
  std::vector<int32_t> ids, ranked;
  std::vector<float> heap;
  std::vector<int32_t> counts;  // of tokens, [vocab]; all zeros between uses
};

// The tokens that may be drawn, and how likely.
struct Distribution {
  const float* weights = nullptr;              // [vocab], in proportion to the probabilities
  const std::vector<int32_t>* kept = nullptr;  // ascending; null: all
};

// A pure function of `row` and its logits.
//
// First the rules that change logits (logit_rules.h). Greedy (temperature below 1e-5): the largest
// logit, the lowest id among equals. Otherwise w[i] = exp(l[i] / T − max / T), so the likeliest
// token has 1. Min-p keeps w[i] ≥ min_p. Top-k keeps those whose logit is at least the k-th largest
// of what is kept: more than k where there are equals, as in vLLM and transformers. Top-p ranks
// what is kept by logit, the lower id first among equals, and keeps the fewest whose weights, added
// in that order in double, reach p times the sum of all of them, added in id order in double. The
// draw is the first kept token in id order at which the sum of the kept weights, in double, exceeds
// u times their total; u = UniformDraw(seed, choice, index of the drawn token in the sequence).
//
// Log probabilities are those of the logits themselves, before any rule: l[i] − (max + log Σ exp(l
// − max)). Not finite: the logits hold a NaN or +infinity, the rules leave no token, or the largest
// logit overflows when it is divided by the temperature.
SampleResult SampleFrom(const CpuKernels& kernels, const SampleRow& row, int64_t vocab,
                        SamplingScratch& scratch);

// The distribution that a row with a temperature is drawn from: its last step but one. `logits` are
// those after the rules; the result lives in `scratch`.
Distribution DistributionOf(const CpuKernels& kernels, const SamplingRule& rule,
                            const float* logits, int64_t vocab, SamplingScratch& scratch);

}  // namespace baton

#endif  // BATON_KERNELS_CPU_SAMPLING_H_
