#include "tests/load/report/result_number.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(ResultNumberTest, OwnThenMetricsThenPath) {
  const nlohmann::json result = {
      {"p99_ttft_ms", 7},
      {"baton",
       {{"good", 12},
        {"steady", {{"output_throughput", 3.5}}},
        {"metrics",
         {{"ttft_ms", {{"mean", 2}, {"std", 1}, {"percentiles", {{"50", 1.5}, {"99", 8}}}}},
          {"itl_ms", {{"percentiles", {{"99.9", 30}}}}}}}}}};
  EXPECT_EQ(ResultNumber(result, "p99_ttft_ms"), 7);
  EXPECT_EQ(ResultNumber(result, "median_ttft_ms"), 1.5);
  EXPECT_EQ(ResultNumber(result, "mean_ttft_ms"), 2);
  EXPECT_EQ(ResultNumber(result, "std_ttft_ms"), 1);
  EXPECT_EQ(ResultNumber(result, "p99.9_itl_ms"), 30);
  EXPECT_EQ(ResultNumber(result, "good"), 12);
  EXPECT_EQ(ResultNumber(result, "steady.output_throughput"), 3.5);
  for (const char* key : {"p98_ttft_ms", "max_ttft_ms", "steady", "steady.x", "", ".", "_", "p_"}) {
    EXPECT_EQ(ResultNumber(result, key), absl::nullopt) << key;
  }
}

TEST(ResultNumberTest, NullStandsForNone) {
  const nlohmann::json result = {{"request_goodput", nullptr}, {"baton", {{"steady", nullptr}}}};
  EXPECT_EQ(ResultNumber(result, "request_goodput"), absl::nullopt);
  EXPECT_EQ(ResultNumber(result, "steady.output_throughput"), absl::nullopt);
  EXPECT_EQ(ResultNumber(nlohmann::json(), "duration"), absl::nullopt);
}

}  // namespace
}  // namespace baton
