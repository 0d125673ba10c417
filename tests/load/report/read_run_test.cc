#include "tests/load/report/read_run.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/report/run_facts.h"

namespace baton {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

json BatonResult() {
  return json::parse(R"({
    "duration": 2.5, "completed": 2, "request_rate": 4.0, "p99_ttft_ms": 30,
    "baton": {
      "valid": false, "invalid": ["the tool was late"], "partial": true, "started": "2026-11-28",
      "server": {"address": "h:1", "backend": "baton", "model": "m"},
      "workload": {"name": "random", "input_len": 8}, "objectives": {"ttft": 200},
      "outcomes": {"completed": 2, "failed": 1}, "ends": {"OK length": 2, "INTERNAL": 1},
      "metrics": {"ttft_ms": {"mean": 20, "percentiles": {"0": 5, "100": 40, "50": 19, "x": 1}}},
      "steady": {"output_throughput": 9},
      "timeline": {"interval_s": 0.5, "output_tokens": [1, null], "running": [1, 2]},
      "requests": {"due_s": [0, 1, 2], "ttft_ms": [5, null, 7], "outcome": ["completed", "failed"]},
      "sweep": {"variable": "request_rate", "value": 4}}})");
}

TEST(ReadRunTest, AResultOfOurs) {
  const RunView run = ReadRun("a", BatonResult());
  EXPECT_EQ(run.name, "a");
  EXPECT_EQ(run.server, "baton h:1 m");
  EXPECT_TRUE(run.partial);
  EXPECT_FALSE(run.valid);
  EXPECT_THAT(run.invalid, ElementsAre("the tool was late"));
  ASSERT_EQ(run.outcomes.size(), 2u);
  EXPECT_EQ(run.outcomes[1].name, "failed");
  EXPECT_EQ(run.ends.size(), 2u);
  EXPECT_EQ(run.numbers.at("p99_ttft_ms"), 30);
  EXPECT_EQ(run.numbers.at("median_ttft_ms"), 19);
  EXPECT_EQ(run.numbers.at("steady.output_throughput"), 9);
  ASSERT_EQ(run.cdfs.at("ttft_ms").size(), 3u);
  EXPECT_EQ(run.cdfs.at("ttft_ms")[1].percent, 50);
  EXPECT_EQ(run.timeline.interval_s, 0.5);
  EXPECT_TRUE(std::isnan(run.timeline.output_tokens[1]));
  EXPECT_EQ(run.requests.e2el_ms.size(), 3u);
  EXPECT_THAT(run.requests.completed, ElementsAre(true, false, true));
  EXPECT_EQ(run.sweep_variable, "request_rate");
  EXPECT_EQ(run.sweep_value, 4);
}

TEST(ReadRunTest, APlainResultOfVllm) {
  const RunView run = ReadRun("b", {{"duration", 2},
                                    {"completed", 3},
                                    {"failed", 1},
                                    {"label", "x"},
                                    {"request_rate", "inf"},
                                    {"median_ttft_ms", 5},
                                    {"p99_ttft_ms", 9},
                                    {"median_itl_ms", 1}});
  EXPECT_TRUE(run.valid);
  EXPECT_EQ(run.server, "x");
  EXPECT_EQ(run.outcomes[0].count, 3);
  EXPECT_EQ(run.cdfs.at("ttft_ms").size(), 2u);
  EXPECT_EQ(run.cdfs.count("itl_ms"), 0u);
  EXPECT_THAT(run.requests.due_s, IsEmpty());
  EXPECT_EQ(run.timeline.interval_s, 0);
}

TEST(ReadRunTest, AnythingElse) {
  const double inf = std::numeric_limits<double>::infinity();
  json odd = {{"baton",
               {{"metrics", {1, 2}},
                {"timeline", {{"interval_s", -1}}},
                {"requests", "x"},
                {"sweep", {{"variable", 3}, {"value", "y"}}},
                {"invalid", "z"},
                {"outcomes", {{"completed", "no"}}},
                {"ends", 5}}},
              {"itls", 3},
              {"latencies", {1, inf, nullptr}},
              {"p_ttft_ms", 3},
              {"median_ttft_ms", nullptr}};
  for (const json& result : {json(), json(3), json::array({1}), json("x"), json::object(), odd}) {
    const RunView run = ReadRun("c", result);
    EXPECT_TRUE(run.valid);
    EXPECT_THAT(run.ends, IsEmpty());
    EXPECT_THAT(run.outcomes, IsEmpty());
  }
}

TEST(RunFactsTest, InWords) {
  std::string all;
  for (const RunFact& fact : RunFacts(BatonResult())) all += fact.name + "=" + fact.text + ";";
  EXPECT_EQ(all,
            "Model=m;Back end=baton;Address=h:1;Workload=random, input_len 8;Request rate=4.0 /s;"
            "Objectives=ttft ≤ 200 ms;Started=2026-11-28;");
}

TEST(RunFactsTest, TheDateOfVllmIsTheEnd) {
  const std::vector<RunFact> facts = RunFacts({{"date", "20261128-120000"}});
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].name, "Ended");
}

TEST(RunFactsTest, WhatAllRunsShare) {
  RunView a, b;
  a.facts = {{"Model", "m"}, {"Started", "1"}, {"Machine", "x"}};
  b.facts = {{"Machine", "x"}, {"Started", "2"}, {"Model", "m"}};
  const std::vector<RunFact> common = CommonFacts({a, b});
  ASSERT_EQ(common.size(), 2u);
  EXPECT_EQ(common[0].name, "Model");
  EXPECT_EQ(common[1].name, "Machine");
  EXPECT_THAT(CommonFacts({}), IsEmpty());
}

}  // namespace
}  // namespace baton
