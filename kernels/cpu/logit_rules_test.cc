#include "kernels/cpu/logit_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace baton {
namespace {

using ::testing::ElementsAre;

constexpr float kBanned = -std::numeric_limits<float>::infinity();

// Applies the rule to `logits`; the journal is `prompt` and `output`.
std::vector<float> Apply(const SamplingRule& rule, std::vector<float> logits,
                         const std::vector<int32_t>& prompt = {0},
                         const std::vector<int32_t>& output = {}) {
  std::vector<int32_t> tokens = prompt, counts;
  tokens.insert(tokens.end(), output.begin(), output.end());
  const RuleContext context = {rule, tokens, static_cast<uint32_t>(prompt.size())};
  const std::vector<float> before = logits;
  ApplyLogitRules(context, logits.size(), logits.data(), counts);
  if (!ChangesLogits(context)) EXPECT_EQ(logits, before);
  return logits;
}

TEST(LogitRules, NoneChangesNothing) {
  const SamplingRule rule;
  const std::vector<int32_t> tokens = {0, 1};
  EXPECT_FALSE(ChangesLogits({rule, tokens, 1}));
  EXPECT_THAT(Apply(rule, {1, -2, 3}, {0}, {1}), ElementsAre(1, -2, 3));
}

TEST(LogitRules, WhatFollowsGreedyChangesNoLogit) {
  SamplingRule rule;
  rule.temperature = 0.5f;
  rule.top_k = 1;
  rule.top_p = 0.1f;
  rule.min_p = 0.5f;
  EXPECT_THAT(Apply(rule, {1, -2, 3}, {0}, {1}), ElementsAre(1, -2, 3));
}

TEST(LogitRules, AllowedTokensBanAllOthers) {
  SamplingRule rule;
  rule.allowed_token_ids = {0, 3};
  EXPECT_THAT(Apply(rule, {1, 2, 3, 4, 5}), ElementsAre(1, kBanned, kBanned, 4, kBanned));
  rule.allowed_token_ids = {4};
  EXPECT_THAT(Apply(rule, {1, 2, 3, 4, 5}), ElementsAre(kBanned, kBanned, kBanned, kBanned, 5));
}

TEST(LogitRules, ABadWordOfOneTokenIsAlwaysBanned) {
  SamplingRule rule;
  rule.bad_words = {{1}, {3}};
  EXPECT_THAT(Apply(rule, {1, 2, 3, 4}), ElementsAre(1, kBanned, 3, kBanned));
}

TEST(LogitRules, ABadWordOfMoreIsBannedWhereTheOutputEndsWithItsBeginning) {
  SamplingRule rule;
  rule.bad_words = {{0, 1, 2}};
  const std::vector<float> logits = {1, 1, 1};
  const auto banned = [&](const std::vector<int32_t>& prompt, const std::vector<int32_t>& output) {
    return Apply(rule, logits, prompt, output)[2] == kBanned;
  };
  EXPECT_TRUE(banned({2}, {0, 1}));           // the output is just that
  EXPECT_TRUE(banned({2}, {2, 0, 1}));        // and more
  EXPECT_FALSE(banned({2}, {0, 1, 1}));       // in it, but not at its end
  EXPECT_FALSE(banned({2}, {1, 0}));          // in another order
  EXPECT_FALSE(banned({2}, {1}));             // too short
  EXPECT_FALSE(banned({2, 0}, {1}));          // begins in the prompt
  EXPECT_FALSE(banned({2, 0, 1}, {}));        // stands in the prompt
  EXPECT_TRUE(banned({2}, {0, 1, 2, 0, 1}));  // once more
}

TEST(LogitRules, StopTokensAreBannedBeforeMinTokens) {
  SamplingRule rule;
  rule.min_tokens = 2;
  rule.stop_token_ids = {1, 2};
  const std::vector<float> logits = {1, 2, 3};
  EXPECT_THAT(Apply(rule, logits, {0, 0, 0}, {}), ElementsAre(1, kBanned, kBanned));
  EXPECT_THAT(Apply(rule, logits, {0}, {0}), ElementsAre(1, kBanned, kBanned));
  EXPECT_THAT(Apply(rule, logits, {0}, {0, 0}), ElementsAre(1, 2, 3));
  EXPECT_THAT(Apply(rule, logits, {0}, {0, 0, 0}), ElementsAre(1, 2, 3));
  rule.stop_token_ids.clear();
  EXPECT_THAT(Apply(rule, logits, {0}, {}), ElementsAre(1, 2, 3));
}

TEST(LogitRules, BiasIsAdded) {
  SamplingRule rule;
  rule.logit_bias = {{0, 0.5f}, {2, -100}};
  EXPECT_THAT(Apply(rule, {1, 2, 3}), ElementsAre(1.5f, 2, -97));
}

TEST(LogitRules, BiasLiftsNoBan) {
  SamplingRule rule;
  rule.allowed_token_ids = {0, 1, 2};
  rule.bad_words = {{1}};
  rule.min_tokens = 1;
  rule.stop_token_ids = {2};
  rule.logit_bias = {{1, 100}, {2, 100}, {3, 100}};
  EXPECT_THAT(Apply(rule, {1, 2, 3, 4}), ElementsAre(1, kBanned, kBanned, kBanned));
}

TEST(LogitRules, RepetitionPenaltyIsForPromptAndOutputAndBySign) {
  SamplingRule rule;
  rule.repetition_penalty = 2;
  EXPECT_THAT(Apply(rule, {4, -4, 0, 4, -4}, {0, 2}, {1}), ElementsAre(2, -8, 0, 4, -4));
  rule.repetition_penalty = 0.5f;
  EXPECT_THAT(Apply(rule, {4, -4, 0, 4, -4}, {0, 2}, {1}), ElementsAre(8, -2, 0, 4, -4));
}

TEST(LogitRules, RepetitionPenaltyDoesNotCount) {
  SamplingRule rule;
  rule.repetition_penalty = 2;
  EXPECT_THAT(Apply(rule, {4, 4}, {0, 0, 0}, {0, 0}), ElementsAre(2, 4));
}

TEST(LogitRules, FrequencyPenaltyCountsTheOutputOnly) {
  SamplingRule rule;
  rule.frequency_penalty = 0.5f;
  EXPECT_THAT(Apply(rule, {4, 4, 4}, {0, 0, 1}, {1, 2, 1, 1}), ElementsAre(4, 2.5f, 3.5f));
  rule.frequency_penalty = -0.5f;
  EXPECT_THAT(Apply(rule, {4, 4, 4}, {0, 0, 1}, {1, 2, 1, 1}), ElementsAre(4, 5.5f, 4.5f));
}

TEST(LogitRules, PresencePenaltyIsOncePerTokenOfTheOutput) {
  SamplingRule rule;
  rule.presence_penalty = 0.5f;
  EXPECT_THAT(Apply(rule, {4, 4, 4}, {0, 0, 1}, {1, 2, 1, 1}), ElementsAre(4, 3.5f, 3.5f));
}

TEST(LogitRules, PenaltiesLiftNoBanAndMakeNoNaN) {
  SamplingRule rule;
  rule.bad_words = {{0}, {1}};
  rule.repetition_penalty = 0.25f;
  rule.frequency_penalty = -2;
  rule.presence_penalty = -2;
  rule.logit_bias = {{0, 100}};
  EXPECT_THAT(Apply(rule, {4, -4, 1}, {0, 1}, {0, 1, 1}), ElementsAre(kBanned, kBanned, 1));
}

// The order of the steps, where another would give something else.

TEST(LogitRules, BiasComesBeforeRepetition) {
  SamplingRule rule;
  rule.logit_bias = {{0, 3}, {1, -6}};
  rule.repetition_penalty = 2;
  // Afterwards it would be 1 / 2 + 3 and 4 / 2 − 6; the second changes its sign on the way.
  EXPECT_THAT(Apply(rule, {1, 4}, {0, 1}), ElementsAre(2, -4));
}

TEST(LogitRules, RepetitionComesBeforeFrequencyAndPresence) {
  SamplingRule rule;
  rule.repetition_penalty = 2;
  rule.frequency_penalty = 1;
  rule.presence_penalty = 0.5f;
  // Afterwards it would be (4 − 2 − 0.5) / 2, and (1 − 1 − 0.5) · 2.
  EXPECT_THAT(Apply(rule, {4, 1}, {0}, {0, 0, 1}), ElementsAre(-0.5f, -1));
}

TEST(LogitRules, FrequencyIsSubtractedBeforePresence) {
  SamplingRule rule;
  rule.frequency_penalty = 1;
  rule.presence_penalty = -0x1p24f;
  // (1 − 1) + 2^24. The other order would round 1 + 2^24 to 2^24, and give 2^24 − 1.
  EXPECT_THAT(Apply(rule, {1}, {0}, {0}), ElementsAre(0x1p24f));
}

TEST(LogitRules, AllStepsTogether) {
  SamplingRule rule;
  rule.allowed_token_ids = {0, 1, 2, 3, 4};
  rule.bad_words = {{4, 0}};
  rule.min_tokens = 3;
  rule.stop_token_ids = {1};
  rule.logit_bias = {{2, 1}, {3, -1}};
  rule.repetition_penalty = 2;
  rule.frequency_penalty = 0.25f;
  rule.presence_penalty = 0.5f;
  EXPECT_THAT(Apply(rule, {9, 9, 5, -2, 4, 9}, {3}, {4, 4}),
              ElementsAre(kBanned, kBanned, 6, -6, 1, kBanned));
  // With min_tokens reached, and the output no longer ending with the bad word's beginning.
  EXPECT_THAT(Apply(rule, {9, 9, 5, -2, 4, 9}, {3}, {4, 4, 2}),
              ElementsAre(9, 9, 2.25f, -6, 1, kBanned));
}

}  // namespace
}  // namespace baton
