// What a sampling rule does to a row of logits before anything is chosen: the steps of
// SamplingRule (kernels/sampling_rule.h) up to and including the penalties.
#ifndef BATON_KERNELS_CPU_LOGIT_RULES_H_
#define BATON_KERNELS_CPU_LOGIT_RULES_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "kernels/sampling_rule.h"

namespace baton {

// A rule and the journal that it is applied to.
struct RuleContext {
  const SamplingRule& rule;
  absl::Span<const int32_t> tokens;  // prompt and output
  uint32_t prompt_length = 0;

  absl::Span<const int32_t> output() const { return tokens.subspan(prompt_length); }
};

// Whether ApplyLogitRules would change anything.
bool ChangesLogits(const RuleContext& context);

// Applies the steps to logits [vocab], in f32 and in this order:
//   allowed tokens: all others are −infinity, if any are given
//   bad words: the last token of each is −infinity where the output ends with the others
//   minimum tokens: stop tokens are −infinity while the output is shorter
//   logit bias: l + bias
//   repetition penalty r, for every token of prompt or output: l / r if l > 0, else l · r
//   frequency penalty f: l − f · (how often the token stands in the output)
//   presence penalty p: l − p if the token stands in the output
// `counts` is memory to reuse: all zeros, before and after.
void ApplyLogitRules(const RuleContext& context, int64_t vocab, float* logits,
                     std::vector<int32_t>& counts);

}  // namespace baton

#endif  // BATON_KERNELS_CPU_LOGIT_RULES_H_
