#include "tests/load/compare/compare_results.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/compare/same_work.h"

namespace baton {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A run that began `minute` minutes after noon.
NamedResult MakeRun(const std::string& name, double throughput, double ttft_ms, int minute) {
  return {name,
          {{"num_prompts", 100},
           {"completed", 100},
           {"total_input_tokens", 12800},
           {"total_output_tokens", 6400},
           {"request_rate", 4.0},
           {"max_concurrency", nullptr},
           {"output_throughput", throughput},
           {"median_ttft_ms", ttft_ms},
           {"request_goodput", nullptr},
           {"baton", {{"started", absl::StrCat("2026-11-28T12:", minute, ":00Z")}}}}};
}

// Pairs in ABBA order; B's throughput is `ratio` times A's, its TTFT a third longer, with noise.
void MakePairs(size_t num_pairs, double ratio, std::vector<NamedResult>* a,
               std::vector<NamedResult>* b) {
  for (size_t i = 0; i < num_pairs; ++i) {
    const double noise = 1 + 0.01 * std::sin(static_cast<double>(3 * i));
    const bool a_first = i % 2 == 0;
    const int minute = static_cast<int>(10 + 2 * i);
    a->push_back(MakeRun(absl::StrCat("a", i), 1000 * noise, 30, minute + (a_first ? 0 : 1)));
    b->push_back(MakeRun(absl::StrCat("b", i), 1000 * ratio, 40 * noise, minute + a_first));
  }
}

TEST(CompareResultsTest, FivePairs) {
  std::vector<NamedResult> a, b;
  MakePairs(5, 1.2, &a, &b);
  const auto comparison = CompareResults(a, b, {}, {});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_THAT(comparison->warnings, IsEmpty()) << absl::StrJoin(comparison->warnings, "\n");
  ASSERT_EQ(comparison->metrics.size(), 2u);
  const ComparedMetric& throughput = comparison->metrics[0];
  EXPECT_EQ(throughput.name, "output_throughput");
  EXPECT_NEAR(throughput.ratio, 1.2, 0.01);
  EXPECT_NEAR(throughput.ratio, throughput.b / throughput.a, 1e-12);
  ASSERT_TRUE(throughput.interval);
  EXPECT_LT(throughput.interval->low, throughput.ratio);
  EXPECT_GT(throughput.interval->high, throughput.ratio);
  EXPECT_EQ(throughput.verdict, CompareVerdict::kFaster);
  EXPECT_EQ(comparison->metrics[1].name, "median_ttft_ms");
  EXPECT_EQ(comparison->metrics[1].verdict, CompareVerdict::kSlower);
}

TEST(CompareResultsTest, VerdictsBothWaysAndNone) {
  const struct {
    double ratio;
    CompareVerdict verdict;
  } cases[] = {{0.9, CompareVerdict::kSlower},
               {1.0, CompareVerdict::kNoDifference},
               {1.1, CompareVerdict::kFaster}};
  for (const auto& c : cases) {
    std::vector<NamedResult> a, b;
    MakePairs(6, c.ratio, &a, &b);
    const auto comparison = CompareResults(a, b, {"output_throughput"}, {});
    ASSERT_TRUE(comparison.ok()) << comparison.status();
    EXPECT_EQ(comparison->metrics[0].verdict, c.verdict) << c.ratio;
  }
}

TEST(CompareResultsTest, FewerThanFivePairsAreNotJudged) {
  for (const size_t num_pairs : {1, 4}) {
    std::vector<NamedResult> a, b;
    MakePairs(num_pairs, 2, &a, &b);
    const auto comparison = CompareResults(a, b, {}, {});
    ASSERT_TRUE(comparison.ok()) << comparison.status();
    EXPECT_FALSE(comparison->metrics[0].interval);
    EXPECT_EQ(comparison->metrics[0].verdict, CompareVerdict::kNotJudged);
  }
}

TEST(CompareResultsTest, MetricsThatLackAreNamed) {
  std::vector<NamedResult> a, b;
  MakePairs(2, 1, &a, &b);
  b[1].json.erase("median_ttft_ms");
  a[0].json["p99_ttft_ms"] = 0;
  const auto by_default = CompareResults(a, b, {}, {});
  ASSERT_TRUE(by_default.ok());
  EXPECT_EQ(by_default->metrics.size(), 1u);
  EXPECT_THAT(by_default->warnings,
              ElementsAre(HasSubstr("median_ttft_ms is not compared: b1: it has no"),
                          HasSubstr("p99_ttft_ms is not compared: a0: \"p99_ttft_ms\" is 0")));
  const auto asked = CompareResults(a, b, {"median_ttft_ms"}, {});
  EXPECT_THAT(std::string(asked.status().message()), HasSubstr("b1: it has no \"median_ttft_ms\""));
  const auto odd = CompareResults(a, b, {"num_prompts"}, {});
  EXPECT_THAT(std::string(odd.status().message()), HasSubstr("metric \"num_prompts\": expected"));
}

TEST(CompareResultsTest, WhatIsNotTheSameWorkIsRefused) {
  std::vector<NamedResult> a, b;
  MakePairs(2, 1, &a, &b);
  const auto says = [&] { return std::string(CompareResults(a, b, {}, {}).status().message()); };
  b[1].json["total_output_tokens"] = 6400 * 1.009;
  EXPECT_EQ(says(), "");
  b[1].json["total_output_tokens"] = 6400 * 1.011;
  EXPECT_THAT(says(), HasSubstr("not the same work: total_output_tokens is 6400 in a0 and 6470"));
  b[1].json["total_output_tokens"] = 6400;
  b[1].json["total_input_tokens"] = 102400;
  EXPECT_THAT(says(), HasSubstr("not the same work: total_input_tokens is 12800 in a0"));
  b[1].json["total_input_tokens"] = 12800;
  b[1].json["completed"] = 99;
  EXPECT_THAT(says(), HasSubstr("not the same work: completed is 100 in a0"));
  b[1].json["completed"] = 100;
  b[1].json.erase("total_output_tokens");
  EXPECT_THAT(says(), HasSubstr("b1: not a result that can be compared: it has no number "
                                "\"total_output_tokens\""));
  a[1].json["num_prompts"] = 101;
  EXPECT_THAT(says(), HasSubstr("not the same work: num_prompts is 100 in a0 and 101 in a1"));
  b.pop_back();
  EXPECT_THAT(says(), HasSubstr("there are 2 of A and 1 of B"));
  a.clear();
  b.clear();
  EXPECT_THAT(says(), HasSubstr("no runs"));
}

TEST(CompareResultsTest, DoubtsAreWarnings) {
  std::vector<NamedResult> a, b;
  MakePairs(2, 1, &a, &b);
  a[1].json["baton"]["valid"] = false;
  a[1].json["baton"]["invalid"] = {"late", "starved"};
  b[0].json["baton"]["partial"] = true;
  b[0].json["max_concurrency"] = 8;
  b[1].json["max_concurrency"] = 8;
  b[1].json["baton"].erase("started");
  EXPECT_THAT(
      ComparisonWarnings(a, b),
      ElementsAre("a1 is not valid: late; starved", "b0 is partial",
                  "max_concurrency is not set in a0 and 8 in b0", HasSubstr("not known whether")));
}

TEST(CompareResultsTest, OrderIsChecked) {
  std::vector<NamedResult> a, b;
  for (int i = 0; i < 2; ++i) {
    a.push_back(MakeRun("a", 1, 1, 10 + i));
    b.push_back(MakeRun("b", 1, 1, 20 + i));
  }
  EXPECT_THAT(ComparisonWarnings(a, b), ElementsAre(HasSubstr("A A B B")));
}

}  // namespace
}  // namespace baton
