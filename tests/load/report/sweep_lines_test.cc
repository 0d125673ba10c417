#include "tests/load/report/sweep_lines.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::IsEmpty;

RunView MakeRun(const std::string& server, std::map<std::string, double> numbers) {
  RunView run;
  run.server = server;
  run.numbers = std::move(numbers);
  return run;
}

TEST(SweepLinesTest, ByServerAndValue) {
  std::vector<RunView> runs = {
      MakeRun("b", {{"max_concurrency", 16}}), MakeRun("a", {{"request_rate", 2}}),
      MakeRun("b", {{"max_concurrency", 4}}),  MakeRun("a", {{"request_rate", 0.5}}),
      MakeRun("c", {{"request_rate", 1}}),     MakeRun("b", {}),
  };
  const std::vector<SweepLine> lines = SweepLines(runs);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].server, "b");
  ASSERT_EQ(lines[0].steps.size(), 2u);
  EXPECT_EQ(lines[0].steps[0].run, 2u);
  EXPECT_EQ(lines[0].steps[0].label, "c=4");
  EXPECT_EQ(lines[1].steps[0].label, "0.5 /s");
}

TEST(SweepLinesTest, WhatTheResultSaysComesFirst) {
  std::vector<RunView> runs = {MakeRun("a", {{"max_concurrency", 8}}),
                               MakeRun("a", {{"max_concurrency", 4}})};
  for (RunView& run : runs) run.sweep_variable = "request_rate";
  runs[0].sweep_value = 1;
  runs[1].sweep_value = 2;
  const std::vector<SweepLine> lines = SweepLines(runs);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].steps[0].label, "1 /s");
}

TEST(SweepLinesTest, RepeatedRunsAreNoSweep) {
  EXPECT_THAT(SweepLines(std::vector<RunView>(5, MakeRun("a", {{"max_concurrency", 8}}))),
              IsEmpty());
  EXPECT_THAT(SweepLines({}), IsEmpty());
}

}  // namespace
}  // namespace baton
