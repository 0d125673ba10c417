#include "tests/golden/sampling_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "absl/strings/str_cat.h"
#include "kernels/cpu/kernels.h"
#include "kernels/cpu/logit_rules.h"
#include "kernels/cpu/sampling.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr char kPath[] = "tests/golden/data/sampling/cases.txt";

std::vector<const CpuKernels*> Tables() {
  std::vector<const CpuKernels*> tables = {&ScalarKernels()};
  if (Avx512Kernels() != nullptr) tables.push_back(Avx512Kernels());
  return tables;
}

float LargestOf(const std::vector<float>& values) {
  float largest = 0;
  for (float v : values) largest = std::max(largest, std::fabs(v));
  return largest;
}

// How far rounding to f32 may move a log probability from the f64 reference.
//
// Let X bound every value on the way, divided by the temperature. A logit passes at most six
// operations that round (bias, repetition, f · count, − f · count, − presence, / temperature), each
// of at most X · 2⁻²⁴; so does the maximum; and their difference, at most 2 X, rounds once: 14 X ·
// 2⁻²⁴. ExpF32 adds 2 ulp, at most 2⁻²². That is the relative error of one weight, and of the sum
// of them; a log probability is the logarithm of their quotient. Six decimals are stored.
double Tolerance(const SamplingCase& c) {
  const SamplingRule& rule = c.rule;
  double x = LargestOf(c.logits);
  for (const auto& [id, bias] : rule.logit_bias)
    x = std::max(x, LargestOf(c.logits) + std::fabs(static_cast<double>(bias)));
  x *= std::max(rule.repetition_penalty, 1 / rule.repetition_penalty);
  x += std::fabs(rule.frequency_penalty) * c.output.size() + std::fabs(rule.presence_penalty);
  x /= rule.temperature;
  return 2 * (14 * x * 0x1p-24 + 0x1p-22) + 0.5e-6;
}

// The tokens that may be drawn and their log probabilities.
std::vector<std::pair<int32_t, double>> Compute(const SamplingCase& c, const CpuKernels& kernels) {
  SamplingScratch scratch;
  std::vector<float> logits = c.logits;
  const int64_t vocab = static_cast<int64_t>(logits.size());
  const std::vector<int32_t> journal = c.Journal();
  ApplyLogitRules({c.rule, journal, static_cast<uint32_t>(c.prompt.size())}, vocab, logits.data(),
                  scratch.counts);
  const Distribution d = DistributionOf(kernels, c.rule, logits.data(), vocab, scratch);
  std::vector<std::pair<int32_t, double>> kept;
  double total = 0;
  for (int32_t i = 0; i < vocab; ++i) {
    if (d.kept != nullptr && !std::binary_search(d.kept->begin(), d.kept->end(), i)) continue;
    if (std::isinf(logits[i])) {
      EXPECT_EQ(d.weights[i], 0.0f) << c.name << " token " << i;
      continue;
    }
    kept.emplace_back(i, d.weights[i]);
    total += d.weights[i];
  }
  for (auto& [id, value] : kept) value = std::log(value / total);
  return kept;
}

// What differs from what is expected, in words; empty: nothing.
std::string Difference(const SamplingCase& c, const CpuKernels& kernels) {
  const std::vector<std::pair<int32_t, double>> got = Compute(c, kernels);
  if (got.size() != c.expect.size()) {
    return absl::StrCat("keeps ", got.size(), " tokens, not ", c.expect.size());
  }
  for (size_t i = 0; i < got.size(); ++i) {
    if (got[i].first != c.expect[i].first) {
      return absl::StrCat("keeps token ", got[i].first, ", not ", c.expect[i].first);
    }
    // Below e^-87 a weight may be zero; the largest is 1, and the total at most the vocabulary.
    if (c.expect[i].second < -80) continue;
    if (!(std::fabs(got[i].second - c.expect[i].second) <= Tolerance(c))) {
      return absl::StrCat("token ", got[i].first, " has ", got[i].second, ", not ",
                          c.expect[i].second);
    }
  }
  return "";
}

class SamplingCasesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto cases = ReadSamplingCases(kPath);
    ASSERT_TRUE(cases.ok()) << cases.status();
    cases_ = *std::move(cases);
  }

  std::vector<SamplingCase> cases_;
};

TEST_F(SamplingCasesTest, EveryTableGivesTheirDistributions) {
  for (const SamplingCase& c : cases_) {
    for (const CpuKernels* kernels : Tables())
      EXPECT_EQ(Difference(c, *kernels), "") << c.name << ' ' << kernels->name;
  }
}

TEST_F(SamplingCasesTest, ToleranceIsSmall) {
  for (const SamplingCase& c : cases_) EXPECT_LT(Tolerance(c), 1e-3) << c.name;
}

// A comparison that could not fail would show nothing: each number a little off is noticed.
TEST_F(SamplingCasesTest, ARuleALittleOffDisagrees) {
  const std::vector<std::function<void(SamplingRule*)>> changes = {
      [](SamplingRule* r) { r->temperature *= 1.01f; },
      [](SamplingRule* r) { r->top_k += r->top_k > 0; },
      [](SamplingRule* r) { r->top_p = std::min(1.0f, r->top_p * 1.1f); },
      [](SamplingRule* r) { r->min_p *= 0.9f; },
      [](SamplingRule* r) { r->repetition_penalty *= 1.01f; },
      [](SamplingRule* r) { r->presence_penalty += 0.01f; },
      [](SamplingRule* r) { r->frequency_penalty += 0.01f; },
      [](SamplingRule* r) { ++r->min_tokens; },
      [](SamplingRule* r) { r->bad_words.resize(r->bad_words.size() / 2); },
      [](SamplingRule* r) {
        for (auto& [id, bias] : r->logit_bias) bias += 0.01f;
      },
      [](SamplingRule* r) {
        if (r->allowed_token_ids.size() > 1) r->allowed_token_ids.pop_back();
      },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    int disagree = 0;
    for (SamplingCase c : cases_) {
      changes[i](&c.rule);
      disagree += Difference(c, ScalarKernels()) != "";
    }
    EXPECT_GE(disagree, 5) << "change " << i;
  }
}

TEST_F(SamplingCasesTest, CoverEveryStepAndTies) {
  EXPECT_GE(cases_.size(), 150u);
  std::set<std::string> names;
  int used[9] = {}, tied = 0;
  for (const SamplingCase& c : cases_) {
    names.insert(c.name);
    const SamplingRule& r = c.rule;
    const bool uses[] = {!r.allowed_token_ids.empty(),
                         !r.bad_words.empty(),
                         r.min_tokens > 0,
                         !r.logit_bias.empty(),
                         r.repetition_penalty != 1,
                         r.frequency_penalty != 0,
                         r.presence_penalty != 0,
                         r.min_p > 0,
                         r.top_p < 1};
    for (int i = 0; i < 9; ++i) used[i] += uses[i];
    tied += r.top_k > 0 && r.top_k < c.expect.size();
  }
  EXPECT_EQ(names.size(), cases_.size());
  for (int count : used) EXPECT_GE(count, 15);
  EXPECT_GE(tied, 8);
}

TEST(ParseSamplingCasesTest, ReadsEveryLine) {
  const auto cases = ParseSamplingCases(
      "# comment\ncase one\nlogits 0.5 -1 2 3\nprompt 1 2\noutput 3\ntemperature 0.5\ntop_k 4\n"
      "top_p 0.25\nmin_p 0.125\nrepetition_penalty 1.5\npresence_penalty -1\n"
      "frequency_penalty 2\nmin_tokens 7\nbias 1:0.5 2:-3\nallowed 1 3\nstop 2\nbad_word 1\n"
      "bad_word 2 3\nexpect 1:-0.5 3:-1\n",
      "c.txt");
  ASSERT_TRUE(cases.ok()) << cases.status();
  ASSERT_EQ(cases->size(), 1u);
  const SamplingCase& c = cases->front();
  EXPECT_EQ(c.name, "one");
  EXPECT_THAT(c.logits, ElementsAre(0.5f, -1, 2, 3));
  EXPECT_THAT(c.Journal(), ElementsAre(1, 2, 3));
  EXPECT_EQ(c.rule.temperature, 0.5f);
  EXPECT_EQ(c.rule.top_k, 4u);
  EXPECT_EQ(c.rule.top_p, 0.25f);
  EXPECT_EQ(c.rule.min_p, 0.125f);
  EXPECT_EQ(c.rule.repetition_penalty, 1.5f);
  EXPECT_EQ(c.rule.presence_penalty, -1);
  EXPECT_EQ(c.rule.frequency_penalty, 2);
  EXPECT_EQ(c.rule.min_tokens, 7u);
  EXPECT_THAT(c.rule.logit_bias, ElementsAre(Pair(1, 0.5f), Pair(2, -3)));
  EXPECT_THAT(c.rule.allowed_token_ids, ElementsAre(1, 3));
  EXPECT_THAT(c.rule.stop_token_ids, ElementsAre(2));
  EXPECT_THAT(c.rule.bad_words, ElementsAre(ElementsAre(1), ElementsAre(2, 3)));
  EXPECT_THAT(c.expect, ElementsAre(Pair(1, -0.5f), Pair(3, -1)));
}

TEST(ParseSamplingCasesTest, SaysWhatIsWrong) {
  const std::string good = "case a\nlogits 1 2\nprompt 1\nexpect 0:0\n";
  const auto message = [](const std::string& text) {
    return std::string(ParseSamplingCases(text, "c.txt").status().message());
  };
  EXPECT_EQ(message(good), "");
  EXPECT_THAT(message("logits 1\n"), HasSubstr("c.txt:1: cannot read 'logits'"));
  EXPECT_THAT(message(good + "top_k -1\n"), HasSubstr("c.txt:5: cannot read 'top_k'"));
  EXPECT_THAT(message(good + "colour 1\n"), HasSubstr("cannot read 'colour'"));
  EXPECT_THAT(message("case a\nlogits 1\nexpect 0:0\n"), HasSubstr("'a' lacks a prompt"));
  EXPECT_THAT(message(good + "output 2\n"), HasSubstr("an id has no logit"));
  EXPECT_THAT(message(good + "bias 2:1\n"), HasSubstr("an id has no logit"));
}

}  // namespace
}  // namespace baton
