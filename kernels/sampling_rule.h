// How a sequence's tokens are chosen: plain values, fixed for the life of the sequence.
#ifndef BATON_KERNELS_SAMPLING_RULE_H_
#define BATON_KERNELS_SAMPLING_RULE_H_

#include <cstdint>
#include <utility>
#include <vector>

namespace baton {

// The steps are taken in this order, which is vLLM's (v1/sample/sampler.py), on the logits in f32:
// allowed tokens, bad words, minimum tokens, logit bias, penalties (repetition, frequency,
// presence), then the largest logit if greedy, else temperature, min-p, top-k, top-p, and a draw.
struct SamplingRule {
  float temperature = 0.0f;  // below 1e-5: greedy
  uint32_t top_k = 0;        // 0: all
  float top_p = 1.0f;        // in (0, 1]
  float min_p = 0.0f;        // in [0, 1]; a share of the likeliest token's probability
  float repetition_penalty = 1.0f;
  float presence_penalty = 0.0f;
  float frequency_penalty = 0.0f;
  std::vector<std::pair<int32_t, float>> logit_bias;  // by id, ascending, each id once
  std::vector<int32_t> allowed_token_ids;             // ascending; empty: all
  // The last token of each is not chosen where the output ends with the others.
  std::vector<std::vector<int32_t>> bad_words;
  uint32_t min_tokens = 0;  // before so many tokens of output, none of stop_token_ids is chosen
  std::vector<int32_t> stop_token_ids;
  uint64_t seed = 0;
  uint32_t choice = 0;  // part of the random numbers' counter
};

}  // namespace baton

#endif  // BATON_KERNELS_SAMPLING_RULE_H_
