#include "kernels/cpu/logit_rules.h"

#include <algorithm>
#include <limits>
#include <utility>

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

// Calls fn(token, count) once for each token that occurs. `counts` is all zeros before and after.
template <typename Fn>
void ForCounts(absl::Span<const int32_t> tokens, std::vector<int32_t>& counts, Fn fn) {
  for (int32_t id : tokens) ++counts[id];
  for (int32_t id : tokens) {
    if (counts[id] > 0) fn(id, std::exchange(counts[id], 0));
  }
}

void Penalise(const RuleContext& context, int64_t vocab, float* logits,
              std::vector<int32_t>& counts) {
  const SamplingRule& rule = context.rule;
  counts.resize(vocab);
  if (rule.repetition_penalty != 1.0f) {
    ForCounts(context.tokens, counts, [&](int32_t id, int32_t) {
      float& l = logits[id];
      l = l > 0 ? l / rule.repetition_penalty : l * rule.repetition_penalty;
    });
  }
  if (rule.frequency_penalty == 0.0f && rule.presence_penalty == 0.0f) return;
  ForCounts(context.output(), counts, [&](int32_t id, int32_t count) {
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
                     std::vector<int32_t>& counts) {
  const SamplingRule& rule = context.rule;
  if (!rule.allowed_token_ids.empty()) BanAllBut(rule.allowed_token_ids, vocab, logits);
  for (const std::vector<int32_t>& word : rule.bad_words) BanWord(word, context.output(), logits);
  if (BansStops(context)) {
    for (int32_t id : rule.stop_token_ids) logits[id] = kBanned;
  }
  for (const auto& [id, bias] : rule.logit_bias) logits[id] += bias;
  if (HasPenalties(rule)) Penalise(context, vocab, logits, counts);
}

}  // namespace baton
