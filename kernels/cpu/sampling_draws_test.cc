// Draws follow the processed distribution: chi-square tests at fixed seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/logit_rules.h"
#include "kernels/cpu/sampling.h"

namespace baton {
namespace {

constexpr int64_t kVocab = 200;
constexpr int kSeeds = 16, kPositions = 1500;
constexpr double kDraws = kSeeds * kPositions;
constexpr int32_t kFiller = 7;

// Many prompts of one repeated token, so that a journal's length, and with it the position, changes
// while what the penalties see of it does not.
struct Setting {
  std::vector<float> logits;
  SamplingRule rule;
  std::vector<int32_t> output = {3, 5, 5, 9};

  Setting() {
    std::mt19937_64 rng(5);
    std::normal_distribution<float> normal(0, 2);
    for (int64_t i = 0; i < kVocab; ++i) logits.push_back(normal(rng));
    rule.temperature = 1;
  }

  std::vector<int32_t> Journal(int prompt) const {
    std::vector<int32_t> tokens(prompt, kFiller);
    tokens.insert(tokens.end(), output.begin(), output.end());
    return tokens;
  }
};

std::vector<double> Probabilities(const Setting& s) {
  SamplingScratch scratch;
  std::vector<float> logits = s.logits;
  const std::vector<int32_t> journal = s.Journal(1);
  ApplyLogitRules({s.rule, journal, 1}, kVocab, logits.data(), scratch.counts);
  const Distribution d = DistributionOf(ScalarKernels(), s.rule, logits.data(), kVocab, scratch);
  std::vector<double> p(kVocab, 0.0);
  double total = 0;
  for (int32_t i = 0; i < kVocab; ++i) {
    if (d.kept != nullptr && !std::binary_search(d.kept->begin(), d.kept->end(), i)) continue;
    total += p[i] = d.weights[i];
  }
  for (double& x : p) x /= total;
  return p;
}

std::vector<int> CountDraws(const Setting& s) {
  std::vector<int> counts(kVocab);
  SamplingScratch scratch;
  for (int seed = 0; seed < kSeeds; ++seed) {
    SamplingRule rule = s.rule;
    rule.seed = 1000 + seed;
    rule.choice = seed % 3;
    for (int prompt = 1; prompt <= kPositions; ++prompt) {
      const std::vector<int32_t> journal = s.Journal(prompt);
      SampleRow row;
      row.logits = s.logits.data();
      row.rule = &rule;
      row.tokens = journal;
      row.prompt_length = prompt;
      ++counts[SampleFrom(BestKernels(), row, kVocab, scratch).token];
    }
  }
  return counts;
}

// The probability that a chi-square variable exceeds x: known for 1 and 2 degrees of freedom, and
// each two more add (x / 2)^(d / 2) e^(−x / 2) / Γ(d / 2 + 1).
double TailProbability(double x, int degrees) {
  double q = degrees % 2 == 1 ? std::erfc(std::sqrt(x / 2)) : std::exp(-x / 2);
  for (int d = degrees % 2 == 1 ? 1 : 2; d < degrees; d += 2)
    q += std::exp(d / 2.0 * std::log(x / 2) - x / 2 - std::lgamma(d / 2.0 + 1));
  return q;
}

constexpr double kLeastProbability = 1e-4;

struct Verdict {
  double chi2 = 0;
  int degrees = -1;         // bins − 1
  bool impossible = false;  // a token of probability 0 was drawn
  bool Accepts() const { return !impossible && TailProbability(chi2, degrees) > kLeastProbability; }
};

// Tokens are joined to bins in ascending order of probability until a bin expects at least 5.
Verdict Compare(const std::vector<int>& counts, const std::vector<double>& p) {
  std::vector<int> order(p.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  std::sort(order.begin(), order.end(), [&](int a, int b) { return p[a] < p[b]; });
  Verdict verdict;
  double expected = 0, left = kDraws, got = 0;
  for (int i : order) {
    if (p[i] == 0) verdict.impossible |= counts[i] > 0;
    expected += kDraws * p[i];
    got += counts[i];
    left -= kDraws * p[i];
    // What would be left over joins the last bin; the sum of rounding is far below this.
    if (expected < 5 || (left < 5 && left > 1e-6)) continue;
    verdict.chi2 += (got - expected) * (got - expected) / expected;
    ++verdict.degrees;
    expected = got = 0;
  }
  return verdict;
}

struct NamedSetting {
  const char* name;
  std::function<void(Setting*)> change;
};

std::vector<NamedSetting> Settings() {
  return {
      {"plain", [](Setting*) {}},
      {"temperature", [](Setting* s) { s->rule.temperature = 1.7f; }},
      {"cold", [](Setting* s) { s->rule.temperature = 0.4f; }},
      {"top_k", [](Setting* s) { s->rule.top_k = 12; }},
      {"top_p", [](Setting* s) { s->rule.top_p = 0.8f; }},
      {"min_p", [](Setting* s) { s->rule.min_p = 0.05f; }},
      {"all filters",
       [](Setting* s) {
         s->rule.temperature = 1.3f;
         s->rule.min_p = 0.01f;
         s->rule.top_k = 60;
         s->rule.top_p = 0.9f;
       }},
      {"penalties",
       [](Setting* s) {
         s->rule.repetition_penalty = 1.4f;
         s->rule.frequency_penalty = 0.7f;
         s->rule.presence_penalty = -0.5f;
         s->logits[5] = 4;
         s->logits[kFiller] = 4;
       }},
      {"bias and bans",
       [](Setting* s) {
         s->rule.logit_bias = {{0, 5}, {1, 4.5f}, {2, -3}};
         s->rule.bad_words = {{10}, {5, 9, 11}};
         s->rule.min_tokens = 5;
         s->rule.stop_token_ids = {12, 13};
       }},
      {"allowed", [](Setting* s) { s->rule.allowed_token_ids = {1, 2, 20, 21, 22, 199}; }},
      {"ties",
       [](Setting* s) {
         for (float& l : s->logits) l = std::rint(l);
         s->rule.top_k = 5;
         s->rule.top_p = 0.7f;
       }},
      {"everything",
       [](Setting* s) {
         for (int32_t i = 0; i < kVocab; i += 2) s->rule.allowed_token_ids.push_back(i);
         s->rule.bad_words = {{10}};
         s->rule.min_tokens = 9;
         s->rule.stop_token_ids = {12};
         s->rule.logit_bias = {{0, 2}};
         s->rule.repetition_penalty = 1.1f;
         s->rule.presence_penalty = 0.5f;
         s->rule.temperature = 0.9f;
         s->rule.min_p = 0.005f;
         s->rule.top_k = 40;
         s->rule.top_p = 0.95f;
       }},
  };
}

TEST(SamplingDraws, FollowTheProcessedDistribution) {
  for (const NamedSetting& named : Settings()) {
    Setting s;
    named.change(&s);
    const Verdict verdict = Compare(CountDraws(s), Probabilities(s));
    EXPECT_FALSE(verdict.impossible) << named.name;
    EXPECT_GE(verdict.degrees, 3) << named.name;
    EXPECT_TRUE(verdict.Accepts()) << named.name << ": chi-square " << verdict.chi2 << " at "
                                   << verdict.degrees << " degrees of freedom";
  }
}

// The same comparison rejects draws from a rule that is a little different.
TEST(SamplingDraws, TheTestRejectsASlightlyWrongDistribution) {
  const std::vector<NamedSetting> wrong = {
      {"temperature 1.05 for 1", [](Setting* s) { s->rule.temperature = 1.05f; }},
      {"one token's logit 0.3 larger",
       [](Setting* s) {
         s->rule.logit_bias = {{5, 0.3f}};
       }},
      {"top-p 0.99 for 1", [](Setting* s) { s->rule.top_p = 0.99f; }},
      {"presence penalty 0.3 for 0", [](Setting* s) { s->rule.presence_penalty = 0.3f; }},
  };
  Setting right;
  right.logits[5] = 6;  // in the output, and likely
  const std::vector<double> probabilities = Probabilities(right);
  EXPECT_TRUE(Compare(CountDraws(right), probabilities).Accepts());
  for (const NamedSetting& named : wrong) {
    Setting s = right;
    named.change(&s);
    EXPECT_FALSE(Compare(CountDraws(s), probabilities).Accepts()) << named.name;
  }
}

TEST(SamplingDraws, ATokenThatWasNotKeptIsRejectedAtOnce) {
  Setting right;
  right.rule.top_k = 20;
  Setting wrong = right;
  wrong.rule.top_k = 21;
  EXPECT_TRUE(Compare(CountDraws(wrong), Probabilities(right)).impossible);
}

// Neighbours in position, choice and seed do not know of each other: pairs of the halves into which
// a draw falls are as frequent as independence says.
TEST(SamplingDraws, NeighboursAreIndependent) {
  const std::vector<float> logits(2, 0.0f);  // a fair coin
  SamplingScratch scratch;
  const auto toss = [&](uint64_t seed, uint32_t choice, int position) {
    SamplingRule rule;
    rule.temperature = 1;
    rule.seed = seed;
    rule.choice = choice;
    const std::vector<int32_t> journal(position, 0);
    SampleRow row;
    row.logits = logits.data();
    row.rule = &rule;
    row.tokens = journal;
    row.prompt_length = position;
    return SampleFrom(ScalarKernels(), row, 2, scratch).token;
  };
  int counts[3][4] = {};
  constexpr int kPairs = 4000;
  for (int i = 0; i < kPairs; ++i) {
    const uint64_t seed = i / 100 * 2;
    const uint32_t choice = i % 10 * 2;
    const int position = 1 + i / 10 % 10 * 2;
    const int first = toss(seed, choice, position);
    ++counts[0][2 * first + toss(seed, choice, position + 1)];
    ++counts[1][2 * first + toss(seed, choice + 1, position)];
    ++counts[2][2 * first + toss(seed + 1, choice, position)];
  }
  for (const auto& four : counts) {
    double chi2 = 0;
    for (int n : four) chi2 += (n - kPairs / 4.0) * (n - kPairs / 4.0) / (kPairs / 4.0);
    EXPECT_GT(TailProbability(chi2, 3), kLeastProbability);
  }
}

TEST(SamplingDraws, TailProbabilitiesAreThoseOfTheTables) {
  EXPECT_NEAR(TailProbability(15.1367, 1), 1e-4, 1e-8);
  EXPECT_NEAR(TailProbability(18.4207, 2), 1e-4, 1e-8);
  EXPECT_NEAR(TailProbability(21.1075, 3), 1e-4, 1e-8);
  EXPECT_NEAR(TailProbability(35.5640, 10), 1e-4, 1e-8);
  EXPECT_NEAR(TailProbability(95.9687, 50), 1e-4, 1e-8);
}

}  // namespace
}  // namespace baton
