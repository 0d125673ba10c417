#include "tests/load/bench/objectives_flag.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(ObjectivesFlagTest, MillisecondsOfEachMetric) {
  const auto objectives = ParseObjectives({"ttft:200", "e2el:3000.5"});
  ASSERT_TRUE(objectives.ok()) << objectives.status();
  EXPECT_EQ(*objectives->ttft, absl::Milliseconds(200));
  EXPECT_EQ(*objectives->e2el, absl::Milliseconds(3000.5));
  EXPECT_FALSE(objectives->tpot);
  EXPECT_TRUE(objectives->any());
  EXPECT_FALSE(ParseObjectives({})->any());
}

TEST(ObjectivesFlagTest, WhatIsNoneIsQuoted) {
  for (const char* wrong : {"ttft", "ttft:", "ttft:x", "ttft:-1", "ttft:inf", "itl:5", ":5"}) {
    const auto objectives = ParseObjectives({wrong});
    ASSERT_FALSE(objectives.ok()) << wrong;
    EXPECT_NE(objectives.status().message().find(wrong), std::string::npos);
  }
  EXPECT_FALSE(ParseObjectives({"ttft:1", "ttft:2"}).ok());
}

}  // namespace
}  // namespace baton
