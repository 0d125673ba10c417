// Time to choose one token from a row of 49,152 logits (SmolLM2's vocabulary), one thread.
#include <benchmark/benchmark.h>

#include <random>

#include "absl/types/span.h"
#include "kernels/cpu/kernels.h"
#include "kernels/cpu/sampling.h"

namespace baton {
namespace {

constexpr int64_t kVocab = 49152;

// Peaked as a model's: most logits of a normal distribution, and a few that hold most of the
// weight.
std::vector<float> Logits() {
  std::mt19937_64 rng(1);
  std::normal_distribution<float> normal(0, 2);
  std::vector<float> logits(kVocab);
  for (float& l : logits) l = normal(rng);
  for (int i = 0; i < 40; ++i) logits[rng() % kVocab] = 18.0f - 0.25f * i;
  return logits;
}

// A row at a time, each at another position.
void Run(benchmark::State& state, const SamplingRule& rule, uint32_t num_top = 0) {
  const std::vector<float> logits = Logits();
  std::mt19937_64 rng(2);
  std::vector<int32_t> journal(1000 + 64);
  for (int32_t& id : journal) id = static_cast<int32_t>(rng() % kVocab);
  SamplingScratch scratch;
  SampleRow row;
  row.logits = logits.data();
  row.rule = &rule;
  row.prompt_length = 500;
  row.want_logprob = num_top > 0;
  row.num_top = num_top;
  size_t length = 1000;
  for (auto _ : state) {
    row.tokens = absl::MakeConstSpan(journal).first(length++ % 64 + 1000);
    benchmark::DoNotOptimize(SampleFrom(BestKernels(), row, kVocab, scratch).token);
  }
  state.SetLabel(BestKernels().name);
}

SamplingRule Warm() {
  SamplingRule rule;
  rule.temperature = 0.8f;
  return rule;
}

void BM_Greedy(benchmark::State& state) { Run(state, SamplingRule()); }
BENCHMARK(BM_Greedy)->Unit(benchmark::kMicrosecond);

void BM_Temperature(benchmark::State& state) { Run(state, Warm()); }
BENCHMARK(BM_Temperature)->Unit(benchmark::kMicrosecond);

void BM_TopP90(benchmark::State& state) {
  SamplingRule rule = Warm();
  rule.top_p = 0.9f;
  Run(state, rule);
}
BENCHMARK(BM_TopP90)->Unit(benchmark::kMicrosecond);

void BM_TopK50(benchmark::State& state) {
  SamplingRule rule = Warm();
  rule.top_k = 50;
  Run(state, rule);
}
BENCHMARK(BM_TopK50)->Unit(benchmark::kMicrosecond);

void BM_AllRules(benchmark::State& state) {
  SamplingRule rule = Warm();
  for (int32_t i = 0; i < kVocab; i += 2) rule.allowed_token_ids.push_back(i);
  for (int32_t i = 0; i < 100; ++i) rule.logit_bias.emplace_back(i * 400, 0.5f);
  rule.bad_words = {{4}, {6, 8}, {10, 12, 14}};
  rule.min_tokens = 10000;
  rule.stop_token_ids = {0, 2};
  rule.repetition_penalty = 1.1f;
  rule.frequency_penalty = 0.2f;
  rule.presence_penalty = 0.1f;
  rule.min_p = 0.001f;
  rule.top_k = 50;
  rule.top_p = 0.9f;
  Run(state, rule);
}
BENCHMARK(BM_AllRules)->Unit(benchmark::kMicrosecond);

void BM_GreedyTop20Logprobs(benchmark::State& state) { Run(state, SamplingRule(), 20); }
BENCHMARK(BM_GreedyTop20Logprobs)->Unit(benchmark::kMicrosecond);

// The worst of top-p: a distribution so flat that almost all of the vocabulary is ranked.
void BM_HotTopP90(benchmark::State& state) {
  SamplingRule rule;
  rule.temperature = 50;
  rule.top_p = 0.9f;
  Run(state, rule);
}
BENCHMARK(BM_HotTopP90)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace baton

BENCHMARK_MAIN();
