#include "kernels/cpu/sampling.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>

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

// The first `count` ids of [0, n) by rank, in order, into `out`. One pass, with a heap whose top is
// the last of the best so far.
void FirstByRank(const float* logits, int64_t n, int64_t count, std::vector<int32_t>& out) {
  const ByRank by_rank{logits};
  out.clear();
  for (int64_t i = 0; i < n; ++i) {
    const int32_t id = static_cast<int32_t>(i);
    if (static_cast<int64_t>(out.size()) < count) {
      out.push_back(id);
      std::push_heap(out.begin(), out.end(), by_rank);
    } else if (logits[id] > logits[out.front()]) {  // an equal one has the higher id
      std::pop_heap(out.begin(), out.end(), by_rank);
      out.back() = id;
      std::push_heap(out.begin(), out.end(), by_rank);
    }
  }
  std::sort_heap(out.begin(), out.end(), by_rank);
}

// Leaves `ids` in ascending order, as KeepTopP wants them.
void KeepTopK(const float* logits, uint32_t k, std::vector<int32_t>& ids,
              std::vector<float>& heap) {
  if (k == 0 || k >= ids.size()) return;
  // The k largest logits, the least of them on top.
  heap.clear();
  for (int32_t id : ids) {
    const float l = logits[id];
    if (heap.size() < k) {
      heap.push_back(l);
      std::push_heap(heap.begin(), heap.end(), std::greater<float>());
    } else if (l > heap.front()) {
      std::pop_heap(heap.begin(), heap.end(), std::greater<float>());
      heap.back() = l;
      std::push_heap(heap.begin(), heap.end(), std::greater<float>());
    }
  }
  const float least = heap.front();
  ids.erase(std::remove_if(ids.begin(), ids.end(), [&](int32_t id) { return logits[id] < least; }),
            ids.end());
}

// `ids` ascending: the total is a sum in their order. `max` is the largest logit.
void KeepTopP(const SamplingRule& rule, const float* logits, float max, const float* weights,
              std::vector<int32_t>& ids, std::vector<int32_t>& ranked) {
  if (rule.top_p >= 1.0f) return;
  double total = 0;
  for (int32_t id : ids) total += weights[id];
  const double wanted = rule.top_p * total;
  // Few tokens hold most of the weight: rank those within this many temperatures of the likeliest
  // one, and more only if they do not reach the share. Where the cut is changes no result: what is
  // above it comes first by rank.
  for (float reach : {4.0f, 8.0f, 14.0f, std::numeric_limits<float>::infinity()}) {
    const float cut = max - reach * rule.temperature;
    ranked.clear();
    for (int32_t id : ids) {
      if (logits[id] >= cut) ranked.push_back(id);
    }
    std::sort(ranked.begin(), ranked.end(), ByRank{logits});
    double sum = 0;
    for (size_t i = 0; i < ranked.size(); ++i) {
      sum += weights[ranked[i]];
      if (sum < wanted) continue;
      ids.assign(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      return;
    }
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
    ApplyLogitRules(context, vocab, scratch.logits.data(), scratch.counts);
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
  FirstByRank(row.logits, vocab, row.num_top, scratch.ids);
  for (int32_t id : scratch.ids) {
    result->top_tokens.push_back(id);
    result->top_logprobs.push_back(logprob(id));
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
  KeepTopK(logits, rule.top_k, ids, scratch.heap);
  KeepTopP(rule, logits, max, d.weights, ids, scratch.ranked);
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
    result.no_choice = result.token < 0;
  }
  result.finite =
      std::isfinite(max) && std::isfinite(sum_exp) && (!row.sample || result.token >= 0);
  if (row.want_logprob && result.finite) {
    AddLogprobs(row, vocab, static_cast<double>(max) + LogF64(sum_exp), scratch, &result);
  }
  return result;
}

}  // namespace baton
