#include "kernels/cpu/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/cpu/logit_rules.h"
#include "kernels/elementary.h"
#include "kernels/philox.h"

namespace baton {
namespace {

// As vLLM's: below, dividing by the temperature overflows sooner or later, and no other token has a
// chance anyway.
constexpr float kLeastTemperature = 1e-5f;

// Larger logit first, lower id among equals.
struct ByRank {
  const float* logits;
  bool operator()(int32_t a, int32_t b) const {
    return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
  }
};

// Puts the first `count` of `ids` by rank at the beginning, in order.
void Rank(const float* logits, int64_t count, std::vector<int32_t>& ids) {
  const auto middle = ids.begin() + count;
  if (middle != ids.end()) std::nth_element(ids.begin(), middle, ids.end(), ByRank{logits});
  std::sort(ids.begin(), middle, ByRank{logits});
}

// Leaves `ids` in ascending order, as KeepTopP wants them.
void KeepTopK(const float* logits, uint32_t k, std::vector<int32_t>& ids) {
  if (k == 0 || k >= ids.size()) return;
  std::nth_element(ids.begin(), ids.begin() + (k - 1), ids.end(), ByRank{logits});
  const float least = logits[ids[k - 1]];
  ids.erase(
      std::remove_if(ids.begin() + k, ids.end(), [&](int32_t id) { return logits[id] < least; }),
      ids.end());
  std::sort(ids.begin(), ids.end());
}

// `ids` ascending: the total is a sum in their order.
void KeepTopP(const float* logits, const float* weights, float p, std::vector<int32_t>& ids) {
  if (p >= 1.0f) return;
  double total = 0;
  for (int32_t id : ids) total += weights[id];
  const double wanted = p * total;
  const int64_t size = static_cast<int64_t>(ids.size());
  // Few tokens hold most of the weight: rank more only as long as the share is not reached.
  for (int64_t count = 256;; count *= 8) {
    count = std::min(count, size);
    Rank(logits, count, ids);
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) {
      sum += weights[ids[i]];
      if (sum < wanted) continue;
      ids.resize(i + 1);
      return;
    }
    if (count == size) return;
  }
}

// −1 when there is no weight to draw by.
int32_t Draw(const Distribution& d, int64_t vocab, double u) {
  const int64_t n = d.kept == nullptr ? vocab : static_cast<int64_t>(d.kept->size());
  const auto id_at = [&d](int64_t i) {
    return d.kept == nullptr ? static_cast<int32_t>(i) : (*d.kept)[i];
  };
  double total = 0;
  for (int64_t i = 0; i < n; ++i) total += d.weights[id_at(i)];
  // The likeliest token has weight 1, unless its logit, divided by the temperature, overflowed.
  if (!(total > 0)) return -1;
  const double target = u * total;
  double sum = 0;
  int32_t last = id_at(0);
  for (int64_t i = 0; i < n; ++i) {
    const float w = d.weights[id_at(i)];
    if (w == 0.0f) continue;
    sum += w;
    last = id_at(i);
    if (sum > target) break;
  }
  return last;
}

int32_t Choose(const CpuKernels& kernels, const SampleRow& row, int64_t vocab,
               SamplingScratch& scratch) {
  const SamplingRule& rule = *row.rule;
  const RuleContext context = {rule, row.tokens, row.prompt_length};
  const float* logits = row.logits;
  if (ChangesLogits(context)) {
    scratch.logits.assign(row.logits, row.logits + vocab);
    ApplyLogitRules(context, vocab, scratch.logits.data(), scratch.ids);
    logits = scratch.logits.data();
    if (!std::isfinite(kernels.max(logits, vocab))) return -1;
  }
  if (rule.temperature < kLeastTemperature) {
    return static_cast<int32_t>(kernels.argmax(logits, vocab));
  }
  return Draw(DistributionOf(kernels, rule, logits, vocab, scratch), vocab,
              UniformDraw(rule.seed, rule.choice, row.tokens.size()));
}

void AddLogprobs(const SampleRow& row, int64_t vocab, double log_sum, SamplingScratch& scratch,
                 SampleResult* result) {
  const auto logprob = [&](int32_t id) { return static_cast<float>(row.logits[id] - log_sum); };
  const int32_t subject = row.sample ? result->token : row.given_token;
  if (subject >= 0) result->logprob = logprob(subject);
  if (row.num_top == 0) return;
  scratch.ids.resize(vocab);
  std::iota(scratch.ids.begin(), scratch.ids.end(), 0);
  const int64_t count = std::min<int64_t>(row.num_top, vocab);
  Rank(row.logits, count, scratch.ids);
  for (int64_t i = 0; i < count; ++i) {
    result->top_tokens.push_back(scratch.ids[i]);
    result->top_logprobs.push_back(logprob(scratch.ids[i]));
  }
}

}  // namespace

Distribution DistributionOf(const CpuKernels& kernels, const SamplingRule& rule,
                            const float* logits, int64_t vocab, SamplingScratch& scratch) {
  scratch.weights.resize(vocab);
  const float max = kernels.max(logits, vocab);
  kernels.exp_scaled(logits, vocab, max, rule.temperature, scratch.weights.data());
  Distribution d;
  d.weights = scratch.weights.data();
  if (rule.min_p <= 0.0f && rule.top_k == 0 && rule.top_p >= 1.0f) return d;
  std::vector<int32_t>& ids = scratch.ids;
  ids.clear();
  for (int64_t i = 0; i < vocab; ++i) {
    if (d.weights[i] >= rule.min_p) ids.push_back(static_cast<int32_t>(i));
  }
  KeepTopK(logits, rule.top_k, ids);
  KeepTopP(logits, d.weights, rule.top_p, ids);
  std::sort(ids.begin(), ids.end());
  d.kept = &ids;
  return d;
}

SampleResult SampleFrom(const CpuKernels& kernels, const SampleRow& row, int64_t vocab,
                        SamplingScratch& scratch) {
  SampleResult result;
  const float max = kernels.max(row.logits, vocab);
  // A NaN or +infinity anywhere makes this sum NaN; it is needed for log probabilities anyway.
  const float sum_exp = kernels.sum_exp(row.logits, vocab, max);
  if (row.sample && std::isfinite(max) && std::isfinite(sum_exp)) {
    result.token = Choose(kernels, row, vocab, scratch);
  }
  result.finite =
      std::isfinite(max) && std::isfinite(sum_exp) && (!row.sample || result.token >= 0);
  if (row.want_logprob && result.finite) {
    AddLogprobs(row, vocab, static_cast<double>(max) + LogF64(sum_exp), scratch, &result);
  }
  return result;
}

}  // namespace baton
