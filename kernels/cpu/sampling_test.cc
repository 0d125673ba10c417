#include "kernels/cpu/sampling.h"

#include <cmath>
#include <limits>
#include <random>

#include "gtest/gtest.h"
#include "kernels/cpu/kernels.h"

namespace baton {
namespace {

std::vector<float> RandomLogits(int64_t vocab, uint64_t seed) {
  std::mt19937_64 rng(seed);
  std::normal_distribution<float> normal(0, 3);
  std::vector<float> logits(vocab);
  for (float& l : logits) l = normal(rng);
  return logits;
}

// A row with its rule and a journal of `position` tokens, all of them prompt.
struct TestRow : SampleRow, SamplingRule {
  size_t position = 0;
};

SampleResult Sample(const TestRow& test, const std::vector<float>& logits,
                    const CpuKernels& kernels = ScalarKernels()) {
  SamplingScratch scratch;
  SampleRow row = test;
  const std::vector<int32_t> tokens(test.position, 0);
  row.rule = &test;
  row.tokens = tokens;
  row.prompt_length = static_cast<uint32_t>(tokens.size());
  row.logits = logits.data();
  return SampleFrom(kernels, row, logits.size(), scratch);
}

TEST(Sampling, GreedyTakesTheLowestOfEquals) {
  EXPECT_EQ(Sample(TestRow(), {0, 5, 1, 5}).token, 1);
}

TEST(Sampling, ATinyTemperatureIsGreedy) {
  TestRow row;
  row.temperature = 1e-40f;
  EXPECT_EQ(Sample(row, {0, 80, 1, 5}).token, 1);
}

TEST(Sampling, FrequenciesFollowTheDistribution) {
  const std::vector<float> logits = {1, 0, 2, -1, 0.5};
  TestRow row;
  row.temperature = 0.8f;
  row.seed = 11;
  int counts[5] = {};
  constexpr int kDraws = 50000;
  for (int i = 0; i < kDraws; ++i) {
    row.position = i;
    ++counts[Sample(row, logits).token];
  }
  double total = 0, chi2 = 0;
  for (float l : logits) total += std::exp(l / 0.8);
  for (int i = 0; i < 5; ++i) {
    const double want = kDraws * std::exp(logits[i] / 0.8) / total;
    chi2 += (counts[i] - want) * (counts[i] - want) / want;
  }
  EXPECT_LT(chi2, 18.5);  // 4 degrees of freedom, p = 0.001
}

TEST(Sampling, TopKAndTopPKeepExactlyTheirTokens) {
  const std::vector<float> logits = {std::log(0.1f), std::log(0.4f), std::log(0.2f),
                                     std::log(0.3f)};
  const auto seen = [&](uint32_t k, float p) {
    TestRow row;
    row.temperature = 1;
    row.top_k = k;
    row.top_p = p;
    int mask = 0;
    for (int i = 0; i < 500; ++i) {
      row.position = i;
      mask |= 1 << Sample(row, logits).token;
    }
    return mask;
  };
  EXPECT_EQ(seen(0, 1.0f), 0b1111);
  EXPECT_EQ(seen(1, 1.0f), 0b0010);
  EXPECT_EQ(seen(2, 1.0f), 0b1010);
  EXPECT_EQ(seen(0, 0.39f), 0b0010);
  EXPECT_EQ(seen(0, 0.6f), 0b1010);
  EXPECT_EQ(seen(0, 0.8f), 0b1110);
  EXPECT_EQ(seen(3, 0.5f), 0b1010);  // of the kept 0.9, 0.45 are wanted: 0.4 is too little
}

TEST(Sampling, RankingInStepsEqualsRankingAtOnce) {
  // A flat distribution, so that top-p needs far more than the first 256.
  std::vector<float> logits = RandomLogits(5000, 1);
  for (float& l : logits) l *= 0.01f;
  TestRow row;
  row.temperature = 1;
  row.top_p = 0.9f;
  for (int i = 0; i < 50; ++i) {
    row.position = i;
    const int32_t token = Sample(row, logits).token;
    int64_t better = 0;
    for (float l : logits) better += l > logits[token];
    EXPECT_LT(better, 4600);
  }
}

TEST(Sampling, EveryTableDrawsTheSameTokens) {
  if (Avx512Kernels() == nullptr) GTEST_SKIP() << "this CPU has no AVX-512";
  for (int i = 0; i < 60; ++i) {
    const std::vector<float> logits = RandomLogits(3001, i);
    TestRow row;
    row.temperature = i % 4 * 0.5f;
    row.top_k = i % 3 * 20;
    row.top_p = i % 5 == 0 ? 1.0f : 0.7f;
    row.seed = i;
    row.want_logprob = true;
    row.num_top = 5;
    const SampleResult a = Sample(row, logits), b = Sample(row, logits, *Avx512Kernels());
    EXPECT_EQ(a.token, b.token);
    EXPECT_EQ(a.logprob, b.logprob);
    EXPECT_EQ(a.top_tokens, b.top_tokens);
    EXPECT_EQ(a.top_logprobs, b.top_logprobs);
  }
}

TEST(Sampling, LogProbabilitiesAreThoseOfTheLogits) {
  TestRow row;
  row.want_logprob = true;
  row.num_top = 2;
  const SampleResult r = Sample(row, {std::log(0.2f), std::log(0.5f), std::log(0.3f)});
  EXPECT_EQ(r.token, 1);
  EXPECT_NEAR(r.logprob, std::log(0.5), 1e-6);
  EXPECT_EQ(r.top_tokens, (std::vector<int32_t>{1, 2}));
  EXPECT_NEAR(r.top_logprobs[1], std::log(0.3), 1e-6);
}

TEST(Sampling, SaysSoWhenTheLogitsAreNotNumbers) {
  for (float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const SampleResult r = Sample(TestRow(), {1, bad, 2});
    EXPECT_FALSE(r.finite);
    EXPECT_FALSE(r.no_choice);
    EXPECT_EQ(r.token, -1);
  }
}

}  // namespace
}  // namespace baton
