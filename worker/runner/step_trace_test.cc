#include "worker/runner/step_trace.h"

#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace baton {
namespace {

using std::chrono::microseconds;

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TracedStep Step(int launched, int start, int end) {
  const TracedStep::Time zero = TracedStep::Time() + microseconds(1000000);
  return {zero + microseconds(launched),
          zero + microseconds(start),
          zero + microseconds(end),
          microseconds(4),
          7,
          3};
}

TEST(StepTrace, TellsWhenEachStepRanAndWhyItDidNotRunSooner) {
  const std::string path = ::testing::TempDir() + "/trace.json";
  {
    auto trace = StepTrace::Create(path, "g0/r1");
    ASSERT_TRUE(trace.ok());
    (*trace)->Add(Step(0, 10, 100));
    (*trace)->Add(Step(50, 102, 200));   // the plan was there
    (*trace)->Add(Step(230, 240, 300));  // it came late
  }
  const auto events = nlohmann::json::parse(ReadAll(path));
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0]["args"]["name"], "g0/r1");
  EXPECT_EQ(events[1]["ts"], 1000010);
  EXPECT_EQ(events[1]["dur"], 90);
  EXPECT_EQ(events[1]["args"]["idle_us"], 0);
  EXPECT_EQ(events[1]["args"]["wait_us"], 4);
  EXPECT_EQ(events[1]["args"]["tokens"], 7);
  EXPECT_EQ(events[1]["args"]["rows"], 3);
  EXPECT_EQ(events[2]["args"]["idle_us"], 2);
  EXPECT_EQ(events[2]["args"]["no_plan_us"], 0);
  EXPECT_EQ(events[3]["args"]["idle_us"], 40);
  EXPECT_EQ(events[3]["args"]["no_plan_us"], 30);
}

TEST(StepTrace, SaysWhereItCannotWrite) {
  const auto trace = StepTrace::Create("/nowhere/trace.json", "g0/r0");
  EXPECT_EQ(trace.status().message(), "/nowhere/trace.json: No such file or directory");
}

}  // namespace
}  // namespace baton
