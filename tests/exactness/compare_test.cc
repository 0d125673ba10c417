#include "tests/exactness/compare.h"

#include <cmath>
#include <functional>

#include "gtest/gtest.h"

namespace baton {
namespace {

void Fill(RecordingSink* sink) {
  sink->prompt_text = "ab";
  sink->prompt_tokens = {1, 2};
  sink->prompt_logprobs = {{}, {-1.0f, {{7, -0.5f}}}};
  RecordingSink::Choice& choice = sink->choices[0];
  choice.text = "xyz";
  choice.tokens = {5, 6, 7};
  choice.logprobs = {{0.0f, {}}, {-2.0f, {{6, -2.0f}, {4, -3.0f}}}, {-1.0f, {}}};
  sink->finished.first.reason = FinishReason::kStop;
  sink->finished.first.stop_string = "!";
  sink->finished.first.cumulative_logprob = -3.0;
  sink->finished.output_tokens = 3;
  sink->ends = 1;
}

std::string Changed(const std::function<void(RecordingSink&)>& change) {
  RecordingSink answer, expected;
  Fill(&answer), Fill(&expected);
  change(answer);
  Coverage coverage;
  return Difference(answer, expected, &coverage);
}

TEST(Compare, EqualAnswersAreCounted) {
  RecordingSink answer, expected;
  Fill(&answer), Fill(&expected);
  answer.finished.cached_tokens = 16;
  Coverage coverage;
  EXPECT_EQ("", Difference(answer, expected, &coverage));
  EXPECT_EQ(coverage.requests, 1u);
  EXPECT_EQ(coverage.tokens, 5u);
  EXPECT_EQ(coverage.logprobs, 8u);
  EXPECT_EQ(coverage.stopped_by_string, 1u);
}

TEST(Compare, NamesTheFirstDifference) {
  const struct {
    std::function<void(RecordingSink&)> change;
    std::string difference;
  } cases[] = {
      {[](auto& a) { a.ends = 2; }, "times it ended: 2, expected 1"},
      {[](auto& a) { a.error = absl::InternalError("x"); }, "error INTERNAL: x, expected OK"},
      {[](auto& a) { a.log = "DISORDER;"; }, "events out of order"},
      {[](auto& a) { a.prompt_tokens[1] = 3; }, "prompt token 1 3, expected 2"},
      {[](auto& a) { a.prompt_text = "a"; }, "prompt text \"a\", expected \"ab\""},
      {[](auto& a) { a.prompt_logprobs[1].top[0].token_id = 8; },
       "prompt log probability 1, alternative 0 8, expected 7"},
      {[](auto& a) { a.choices[0].tokens.pop_back(); }, "number of choice 0 tokens 2, expected 3"},
      {[](auto& a) { a.choices[0].text = "xy"; }, "choice 0 text \"xy\", expected \"xyz\""},
      {[](auto& a) { a.choices[0].logprobs[0].logprob = -0.0f; },
       "choice 0 log probability 0 -0, expected 0"},
      {[](auto& a) { a.choices[0].logprobs[1].top[1].logprob = std::nextafter(-3.0f, 0.0f); },
       "choice 0 log probability 1, alternative 1 -2.99999976, expected -3"},
      {[](auto& a) { a.choices[0].logprobs[1].top.pop_back(); },
       "choice 0 log probability 1, alternatives 1, expected 2"},
      {[](auto& a) { a.choices[1]; }, "choice 1, which was not expected"},
      {[](auto& a) { a.choices[0].end = ChoiceEnd(); }, "choice 0 has an end 1, expected 0"},
      {[](auto& a) { a.choices.clear(); }, "number of choices 0, expected 1"},
      {[](auto& a) { a.finished.first.reason = FinishReason::kLength; },
       "the answer's reason length, expected stop"},
      {[](auto& a) { a.finished.first.stop_string = "?"; },
       "the answer's stop string ?, expected !"},
      {[](auto& a) { a.finished.first.cumulative_logprob = -3.0000000000000004; },
       "the answer's sum -3.0000000000000004, expected -3"},
      {[](auto& a) { a.finished.output_tokens = 4; }, "number of all tokens 4, expected 3"},
  };
  for (const auto& c : cases) EXPECT_EQ(c.difference, Changed(c.change));
}

TEST(Compare, WhatWasCutOffIsABeginning) {
  RecordingSink answer, expected;
  Fill(&answer), Fill(&expected);
  Coverage coverage;
  answer.error = absl::CancelledError("");
  answer.choices[0].tokens.pop_back();
  answer.choices[0].logprobs.pop_back();
  answer.choices[0].text = "x";
  answer.prompt_text = "";
  EXPECT_EQ("", PrefixDifference(answer, expected, &coverage));
  answer.choices[0].tokens[1] = 9;
  EXPECT_EQ("choice 0 token 1 9, expected 6", PrefixDifference(answer, expected, &coverage));
  answer.choices[0].tokens = {5, 6, 7, 8};
  EXPECT_EQ("number of choice 0 tokens 4, expected 3",
            PrefixDifference(answer, expected, &coverage));
  answer.choices[0].tokens = {5};
  answer.choices[0].text = "y";
  EXPECT_EQ("choice 0 text \"y\", expected \"xyz\"", PrefixDifference(answer, expected, &coverage));
}

}  // namespace
}  // namespace baton
