#include "tests/load/workload/range_ratio.h"

#include <string>

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(RangeRatio, IsOneNumberOrTwo) {
  const struct {
    const char* text;
    double input, output;
  } cases[] = {{"0.0", 0, 0},
               {"0.25", 0.25, 0.25},
               {R"({"input": 0.1, "output": 0.5})", 0.1, 0.5},
               {R"({"output": 0.5})", 0, 0.5}};
  for (const auto& c : cases) {
    const RangeRatio ratio = ParseRangeRatio("--r", c.text).value();
    EXPECT_EQ(ratio.input, c.input) << c.text;
    EXPECT_EQ(ratio.output, c.output) << c.text;
  }
}

TEST(RangeRatio, SaysWhatIsWrong) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"1.5", "--r: 1.5 is out of range; expected 0 to below 1"},
      {"1", "--r: 1 is out of range; expected 0 to below 1"},
      {"-0.1", "--r: -0.1 is out of range; expected 0 to below 1"},
      {"nan", "--r: nan is out of range; expected 0 to below 1"},
      {R"({"input": 0.1, "output": 2})", "--r: 2 is out of range; expected 0 to below 1"},
      {"", "--r: found \"\"; expected a number or {\"input\": NUMBER, \"output\": NUMBER}"},
      {"half", "--r: found \"half\"; expected a number or"},
      {"[0.1]", "--r: found \"[0.1]\"; expected a number or"},
      {R"({"in": 0.1})", "--r: found \"{\"in\": 0.1}\"; expected a number or"},
      {R"({"input": "0.1"})", "--r: found \"{\"input\": \"0.1\"}\"; expected a number or"},
  };
  for (const auto& c : cases) {
    const auto ratio = ParseRangeRatio("--r", c.text);
    EXPECT_EQ(ratio.status().code(), absl::StatusCode::kInvalidArgument) << c.text;
    EXPECT_EQ(std::string(ratio.status().message()).rfind(c.message, 0), 0u) << ratio.status();
  }
}

}  // namespace
}  // namespace baton
