#include "kernels/cpu/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/elementary.h"
#include "kernels/philox.h"

namespace baton {
namespace {

// Below, dividing by the temperature would overflow, and no other token has a chance anyway.
constexpr float kLeastTemperature = 1e-6f;

// The first `count` ids by rank: larger logit first, lower id among equals.
std::vector<int32_t> Ranked(const float* logits, int64_t vocab, int64_t count) {
  const auto before = [logits](int32_t a, int32_t b) {
    return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
  };
  std::vector<int32_t> ids(vocab);
  std::iota(ids.begin(), ids.end(), 0);
  count = std::min(count, vocab);
  if (count < vocab) std::nth_element(ids.begin(), ids.begin() + count, ids.end(), before);
  ids.resize(count);
  std::sort(ids.begin(), ids.end(), before);
  return ids;
}

// How many of the ranked tokens top-p keeps, given the sum of the weights that it is a share of; 0
// when the ranked ones do not reach it.
int64_t TopPCount(const std::vector<int32_t>& ranked, const float* weights, double wanted) {
  double sum = 0;
  for (size_t i = 0; i < ranked.size(); ++i) {
    sum += weights[ranked[i]];
    if (sum >= wanted) return static_cast<int64_t>(i) + 1;
  }
  return 0;
}

// The ids that top-k and top-p keep, ascending; empty when all are kept.
std::vector<int32_t> Kept(const SampleRow& row, const float* weights, int64_t vocab) {
  const bool top_k = row.top_k > 0 && row.top_k < vocab;
  if (!top_k && row.top_p >= 1.0f) return {};
  std::vector<int32_t> ids;
  if (top_k) {
    ids = Ranked(row.logits, vocab, row.top_k);
    if (row.top_p < 1.0f) {
      double total = 0;
      for (int32_t id : ids) total += weights[id];
      const int64_t count = TopPCount(ids, weights, row.top_p * total);
      if (count > 0) ids.resize(count);
    }
  } else {
    double total = 0;
    for (int64_t i = 0; i < vocab; ++i) total += weights[i];
    // Few tokens hold most of the weight: rank more only as long as the share is not reached.
    for (int64_t count = 256;; count *= 8) {
      ids = Ranked(row.logits, vocab, count);
      const int64_t kept = TopPCount(ids, weights, row.top_p * total);
      if (kept > 0) ids.resize(kept);
      if (kept > 0 || count >= vocab) break;
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

int32_t Draw(const SampleRow& row, const float* weights, int64_t vocab) {
  const std::vector<int32_t> kept = Kept(row, weights, vocab);
  const int64_t n = kept.empty() ? vocab : static_cast<int64_t>(kept.size());
  const auto id_at = [&kept](int64_t i) {
    return kept.empty() ? static_cast<int32_t>(i) : kept[i];
  };
  double total = 0;
  for (int64_t i = 0; i < n; ++i) total += weights[id_at(i)];
  const double target = UniformDraw(row.seed, row.choice, row.position) * total;
  double sum = 0;
  int32_t last = id_at(0);
  for (int64_t i = 0; i < n; ++i) {
    const float w = weights[id_at(i)];
    if (w == 0.0f) continue;
    sum += w;
    last = id_at(i);
    if (sum > target) break;
  }
  return last;
}

}  // namespace

SampleResult SampleFrom(const CpuKernels& kernels, const SampleRow& row, int64_t vocab,
                        std::vector<float>& scratch) {
  SampleResult result;
  const float max = kernels.max(row.logits, vocab);
  // A NaN or +infinity anywhere makes this sum NaN; it is needed for log probabilities anyway.
  const float sum_exp = kernels.sum_exp(row.logits, vocab, max);
  if (!std::isfinite(max) || !std::isfinite(sum_exp)) {
    result.finite = false;
    return result;
  }
  if (row.sample && row.temperature < kLeastTemperature) {
    result.token = static_cast<int32_t>(kernels.argmax(row.logits, vocab));
  } else if (row.sample) {
    scratch.resize(vocab);
    kernels.exp_scaled(row.logits, vocab, max, row.temperature, scratch.data());
    result.token = Draw(row, scratch.data(), vocab);
  }
  if (!row.want_logprob) return result;
  const double log_sum = static_cast<double>(max) + LogF64(sum_exp);
  const auto logprob = [&](int32_t id) { return static_cast<float>(row.logits[id] - log_sum); };
  const int32_t subject = row.sample ? result.token : row.given_token;
  if (subject >= 0) result.logprob = logprob(subject);
  if (row.num_top > 0) {
    result.top_tokens = Ranked(row.logits, vocab, row.num_top);
    for (int32_t id : result.top_tokens) result.top_logprobs.push_back(logprob(id));
  }
  return result;
}

}  // namespace baton
