#include "kernels/cpu/logit_rules.h"

#include <algorithm>
#include <limits>

namespace baton {
namespace {

constexpr float kBanned = -std::numeric_limits<float>::infinity();

bool HasPenalties(const SamplingRule& rule) {
  return rule.repetition_penalty != 1.0f || rule.frequency_penalty != 0.0f ||
         rule.presence_penalty != 0.0f;
}

bool BansStops(const RuleContext& context) {
  return context.output().size() < context.rule.min_tokens && !context.rule.stop_token_ids.empty();
}

void BanAllBut(const std::vector<int32_t>& allowed, int64_t vocab, float* logits) {
  size_t next = 0;
  for (int64_t i = 0; i < vocab; ++i) {
    if (next < allowed.size() && allowed[next] == i) {
      ++next;
    } else {
      logits[i] = kBanned;
    }
  }
}

void BanWord(const std::vector<int32_t>& word, absl::Span<const int32_t> output, float* logits) {
  const size_t before = word.size() - 1;
  if (before > output.size()) return;
  if (std::equal(word.begin(), word.end() - 1, output.end() - static_cast<int64_t>(before)))
    logits[word.back()] = kBanned;
}

// Calls fn(token, count) for each token that occurs, in ascending order.
template <typename Fn>
void ForCounts(absl::Span<const int32_t> tokens, std::vector<int32_t>& scratch, Fn fn) {
  scratch.assign(tokens.begin(), tokens.end());
  std::sort(scratch.begin(), scratch.end());
  for (size_t begin = 0; begin < scratch.size();) {
    size_t end = begin + 1;
    while (end < scratch.size() && scratch[end] == scratch[begin]) ++end;
    fn(scratch[begin], end - begin);
    begin = end;
  }
}

void Penalise(const RuleContext& context, float* logits, std::vector<int32_t>& scratch) {
  const SamplingRule& rule = context.rule;
  if (rule.repetition_penalty != 1.0f) {
    ForCounts(context.tokens, scratch, [&](int32_t id, size_t) {
      float& l = logits[id];
      l = l > 0 ? l / rule.repetition_penalty : l * rule.repetition_penalty;
    });
  }
  if (rule.frequency_penalty == 0.0f && rule.presence_penalty == 0.0f) return;
  ForCounts(context.output(), scratch, [&](int32_t id, size_t count) {
    logits[id] -= rule.frequency_penalty * static_cast<float>(count);
    logits[id] -= rule.presence_penalty;
  });
}

}  // namespace

bool ChangesLogits(const RuleContext& context) {
  const SamplingRule& rule = context.rule;
  return !rule.allowed_token_ids.empty() || !rule.bad_words.empty() || !rule.logit_bias.empty() ||
         HasPenalties(rule) || BansStops(context);
}

void ApplyLogitRules(const RuleContext& context, int64_t vocab, float* logits,
                     std::vector<int32_t>& scratch) {
  const SamplingRule& rule = context.rule;
  if (!rule.allowed_token_ids.empty()) BanAllBut(rule.allowed_token_ids, vocab, logits);
  for (const std::vector<int32_t>& word : rule.bad_words) BanWord(word, context.output(), logits);
  if (BansStops(context)) {
    for (int32_t id : rule.stop_token_ids) logits[id] = kBanned;
  }
  for (const auto& [id, bias] : rule.logit_bias) logits[id] += bias;
  if (HasPenalties(rule)) Penalise(context, logits, scratch);
}

}  // namespace baton
