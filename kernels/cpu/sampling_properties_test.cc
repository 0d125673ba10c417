// What holds of a draw whatever the rule: it is a pure function, and the edges of every parameter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/logit_rules.h"
#include "kernels/cpu/sampling.h"

namespace baton {
namespace {

using ::testing::ElementsAre;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// A row with everything that it points to.
struct OwnedRow {
  std::vector<float> logits;
  SamplingRule rule;
  std::vector<int32_t> tokens = {0};
  uint32_t prompt_length = 1;
  bool want_logprob = false;
  uint32_t num_top = 0;

  SampleRow View() const {
    SampleRow row;
    row.logits = logits.data();
    row.rule = &rule;
    row.tokens = tokens;
    row.prompt_length = prompt_length;
    row.want_logprob = want_logprob;
    row.num_top = num_top;
    return row;
  }
};

SampleResult Sample(const OwnedRow& row, SamplingScratch& scratch,
                    const CpuKernels& kernels = BestKernels()) {
  return SampleFrom(kernels, row.View(), row.logits.size(), scratch);
}

SampleResult Sample(const OwnedRow& row, const CpuKernels& kernels = BestKernels()) {
  SamplingScratch scratch;
  return Sample(row, scratch, kernels);
}

std::vector<const CpuKernels*> Tables() {
  std::vector<const CpuKernels*> tables = {&ScalarKernels()};
  if (Avx512Kernels() != nullptr) tables.push_back(Avx512Kernels());
  return tables;
}

OwnedRow RandomRow(uint64_t seed) {
  std::mt19937_64 rng(seed);
  const auto below = [&rng](uint64_t n) { return static_cast<int32_t>(rng() % n); };
  const auto maybe = [&below] { return below(2) == 0; };
  OwnedRow row;
  const int32_t vocab = 20 + below(2000);
  for (int32_t i = 0; i < vocab; ++i) row.logits.push_back(below(400) * 0.02f - 4);
  row.tokens.resize(1 + below(50));
  for (int32_t& id : row.tokens) id = below(20);
  row.prompt_length = 1 + below(row.tokens.size());
  SamplingRule& r = row.rule;
  r.temperature = below(4) * 0.4f;
  if (maybe()) r.top_k = 1 + below(vocab + 10);
  if (maybe()) r.top_p = (1 + below(100)) * 0.01f;
  if (maybe()) r.min_p = below(100) * 0.01f;
  if (maybe()) r.repetition_penalty = 0.5f + below(100) * 0.01f;
  if (maybe()) r.presence_penalty = below(100) * 0.04f - 2;
  if (maybe()) r.frequency_penalty = below(100) * 0.04f - 2;
  if (maybe()) r.logit_bias = {{below(10), 3}, {10 + below(10), -5}};
  if (maybe()) r.bad_words = {{below(20)}, {row.tokens.back(), below(20)}};
  if (maybe()) r.stop_token_ids = {below(20), below(20)};
  r.min_tokens = below(40);
  if (maybe())
    for (int32_t i = below(3); i < vocab; i += 1 + below(4)) r.allowed_token_ids.push_back(i);
  r.seed = rng();
  r.choice = below(5);
  row.want_logprob = maybe();
  row.num_top = row.want_logprob ? below(21) : 0;
  return row;
}

void ExpectEqual(const SampleResult& a, const SampleResult& b, int row) {
  EXPECT_EQ(a.token, b.token) << row;
  EXPECT_EQ(a.finite, b.finite) << row;
  EXPECT_EQ(a.logprob, b.logprob) << row;
  EXPECT_EQ(a.top_tokens, b.top_tokens) << row;
  EXPECT_EQ(a.top_logprobs, b.top_logprobs) << row;
}

TEST(SamplingProperties, APureFunctionOfTheRow) {
  constexpr int kRows = 300;
  std::vector<OwnedRow> rows;
  std::vector<SampleResult> alone;
  for (int i = 0; i < kRows; ++i) {
    rows.push_back(RandomRow(i));
    alone.push_back(Sample(rows[i]));
  }
  std::vector<int> order(kRows);
  for (int i = 0; i < kRows; ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
  for (const CpuKernels* kernels : Tables()) {
    SamplingScratch shared;
    for (int i : order) {
      const std::vector<float> before = rows[i].logits;
      ExpectEqual(Sample(rows[i], shared, *kernels), alone[i], i);
      ExpectEqual(Sample(rows[i], shared, *kernels), alone[i], i);
      EXPECT_EQ(rows[i].logits, before);
    }
  }
}

TEST(SamplingProperties, WhatIsDrawnWasAllowed) {
  for (int i = 0; i < 300; ++i) {
    const OwnedRow row = RandomRow(i);
    const SampleResult r = Sample(row);
    if (!r.finite) continue;
    std::vector<float> logits = row.logits;
    std::vector<int32_t> counts;
    ApplyLogitRules({row.rule, row.tokens, row.prompt_length}, logits.size(), logits.data(),
                    counts);
    ASSERT_GE(r.token, 0) << i;
    ASSERT_LT(r.token, static_cast<int32_t>(logits.size())) << i;
    EXPECT_TRUE(std::isfinite(logits[r.token])) << i;
    if (row.rule.top_k > 0 && row.rule.temperature > 0) {
      const float l = logits[r.token];
      const auto larger = [l](float other) { return other > l; };
      EXPECT_LT(std::count_if(logits.begin(), logits.end(), larger), row.rule.top_k) << i;
    }
  }
}

TEST(SamplingProperties, NothingLeftIsSaidSo) {
  for (float temperature : {0.0f, 1.0f}) {
    OwnedRow row;
    row.logits = {1, 2, 3};
    row.want_logprob = true;
    row.num_top = 2;
    row.rule.temperature = temperature;
    row.rule.allowed_token_ids = {1};
    row.rule.bad_words = {{1}};
    for (const CpuKernels* kernels : Tables()) {
      const SampleResult r = Sample(row, *kernels);
      EXPECT_FALSE(r.finite);
      EXPECT_TRUE(r.no_choice);
      EXPECT_EQ(r.token, -1);
      EXPECT_TRUE(r.top_tokens.empty());
    }
    row.rule.bad_words.clear();
    EXPECT_EQ(Sample(row).token, 1);
  }
}

// Of the model, or of a division by a small temperature or penalty.
TEST(SamplingProperties, OverflowIsSaidSo) {
  OwnedRow row;
  row.logits = {1e34f, 0, 1};
  row.rule.temperature = 1e-5f;
  for (float min_p : {0.0f, 0.1f}) {
    for (float top_p : {0.5f, 1.0f}) {
      row.rule.min_p = min_p;
      row.rule.top_p = top_p;
      for (const CpuKernels* kernels : Tables()) {
        const SampleResult r = Sample(row, *kernels);
        EXPECT_FALSE(r.finite) << min_p << ' ' << top_p;
        EXPECT_EQ(r.token, -1);
      }
    }
  }
  row.logits = {3, 0, 1};
  row.rule.temperature = 0.01f;
  row.rule.min_p = 0.1f;
  row.rule.repetition_penalty = 1e-37f;
  EXPECT_FALSE(Sample(row).finite);
  row.rule.repetition_penalty = 1e-39f;
  EXPECT_FALSE(Sample(row).finite);
}

TEST(SamplingProperties, MinusInfinityHasNoWeight) {
  std::vector<float> logits(37, -kInfinity), weights(37);
  logits[5] = 3;
  logits[20] = 2;
  for (const CpuKernels* kernels : Tables()) {
    for (float temperature : {0.01f, 1.0f, 100.0f}) {
      kernels->exp_scaled(logits.data(), 37, 3, temperature, weights.data());
      EXPECT_EQ(weights[5], 1.0f) << kernels->name;
      for (int i = 0; i < 37; ++i) {
        if (i != 5 && i != 20) EXPECT_EQ(weights[i], 0.0f) << kernels->name << ' ' << i;
      }
    }
    EXPECT_EQ(kernels->sum_exp(logits.data(), 37, 3), 1 + kernels->sum_exp(&logits[20], 1, 3));
  }
}

TEST(SamplingProperties, AModelsOwnMinusInfinitiesAreNeverDrawn) {
  OwnedRow row;
  row.logits = {-kInfinity, 1, -kInfinity, 2, -kInfinity};
  row.rule.temperature = 100;
  row.want_logprob = true;
  row.num_top = 3;
  for (int i = 1; i < 500; ++i) {
    row.tokens.assign(i, 0);
    row.rule.top_k = i % 6;
    row.rule.top_p = i % 2 == 0 ? 1.0f : 0.999f;
    const SampleResult r = Sample(row);
    EXPECT_EQ(r.token % 2, 1);
    EXPECT_TRUE(r.finite);
    EXPECT_THAT(r.top_tokens, ElementsAre(3, 1, 0));
    EXPECT_EQ(r.top_logprobs[2], -kInfinity);
  }
}

// The kept ids of a rule on logits, none for "all".
std::vector<int32_t> Kept(const SamplingRule& rule, const std::vector<float>& logits) {
  SamplingScratch scratch;
  const Distribution d = DistributionOf(BestKernels(), rule, logits.data(), logits.size(), scratch);
  return d.kept == nullptr ? std::vector<int32_t>() : *d.kept;
}

TEST(SamplingProperties, EdgesOfTheFilters) {
  const std::vector<float> logits = {1, 3, 2, 3, 0};
  SamplingRule rule;
  rule.temperature = 1;
  const auto with_top_k = [&](uint32_t k) {
    SamplingRule r = rule;
    r.top_k = k;
    return Kept(r, logits);
  };
  EXPECT_THAT(with_top_k(1), ElementsAre(1, 3));  // equals
  EXPECT_THAT(with_top_k(2), ElementsAre(1, 3));
  EXPECT_THAT(with_top_k(3), ElementsAre(1, 2, 3));
  for (uint32_t k : {5u, 6u, 4294967295u}) EXPECT_THAT(with_top_k(k), ElementsAre(0, 1, 2, 3, 4));
  SamplingRule tiny_p = rule;
  tiny_p.top_p = std::numeric_limits<float>::denorm_min();
  EXPECT_THAT(Kept(tiny_p, logits), ElementsAre(1));  // the lower id among equals
  SamplingRule whole_min_p = rule;
  whole_min_p.min_p = 1;
  EXPECT_THAT(Kept(whole_min_p, logits), ElementsAre(1, 3));
  SamplingRule all = rule;
  all.top_k = 4;
  all.top_p = std::nextafter(1.0f, 0.0f);
  EXPECT_THAT(Kept(all, logits), ElementsAre(0, 1, 2, 3));
}

// Of 0.4 0.3 0.2 0.1, top-p sees what min-p and top-k have left.
TEST(SamplingProperties, FiltersCountOnlyWhatWasKept) {
  const std::vector<float> logits = {std::log(0.4f), std::log(0.3f), std::log(0.2f),
                                     std::log(0.1f)};
  SamplingRule rule;
  rule.temperature = 1;
  rule.top_p = 0.55f;
  EXPECT_THAT(Kept(rule, logits), ElementsAre(0, 1));  // 0.4 of 1, 0.7 of 1
  rule.top_k = 2;
  EXPECT_THAT(Kept(rule, logits), ElementsAre(0));  // 0.4 of 0.7
  rule.top_k = 0;
  rule.min_p = 0.6f;
  EXPECT_THAT(Kept(rule, logits), ElementsAre(0));
}

TEST(SamplingProperties, OnlyWhatCountsOfAJournalMatters) {
  OwnedRow row;
  row.rule.repetition_penalty = 1.5f;
  row.rule.temperature = 1;
  for (int i = 0; i < 50; ++i) row.logits.push_back(i % 7);
  for (int seed = 0; seed < 50; ++seed) {
    row.rule.seed = seed;
    row.tokens = {6, 6, 6, 13, 13, 2};
    row.prompt_length = 4;
    const int32_t token = Sample(row).token;
    row.tokens = {2, 13, 6, 2, 2, 2};  // the same tokens otherwise
    row.prompt_length = 1;
    EXPECT_EQ(Sample(row).token, token);
  }
}

TEST(SamplingProperties, LogProbabilitiesAreOfTheModelsLogitsWhateverTheRules) {
  for (int i = 0; i < 200; ++i) {
    OwnedRow row = RandomRow(i);
    row.want_logprob = true;
    row.num_top = 20;
    const SampleResult r = Sample(row);
    if (!r.finite) continue;
    OwnedRow bare;
    bare.logits = row.logits;
    bare.want_logprob = true;
    bare.num_top = 20;
    SampleRow given = bare.View();
    given.sample = false;
    given.given_token = r.token;
    SamplingScratch scratch;
    const SampleResult want = SampleFrom(BestKernels(), given, bare.logits.size(), scratch);
    EXPECT_EQ(r.logprob, want.logprob) << i;
    EXPECT_EQ(r.top_tokens, want.top_tokens) << i;
    EXPECT_EQ(r.top_logprobs, want.top_logprobs) << i;
  }
}

TEST(SamplingProperties, TopTokensHaveTheLowerIdFirstAmongEquals) {
  OwnedRow row;
  row.logits = {1, 2, 1, 2, 0, 2};
  row.want_logprob = true;
  row.num_top = 5;
  EXPECT_THAT(Sample(row).top_tokens, ElementsAre(1, 3, 5, 0, 2));
  row.num_top = 2;
  EXPECT_THAT(Sample(row).top_tokens, ElementsAre(1, 3));
  row.num_top = 20;  // more than there are
  EXPECT_THAT(Sample(row).top_tokens, ElementsAre(1, 3, 5, 0, 2, 4));
}

}  // namespace
}  // namespace baton
