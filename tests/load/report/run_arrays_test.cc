#include "tests/load/report/run_arrays.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The second in the list was sent first; the third failed.
json Detailed() {
  return {{"start_times", {101.5, 100.0, 102.0}},
          {"latencies", {1.0, 3.0, 0.0}},
          {"ttfts", {0.5, 1.0, 0.0}},
          {"itls", {{0.25, 0.25}, {2.0}, json::array()}},
          {"output_lens", {3, 2, 0}}};
}

TEST(RunArraysTest, RequestsInTheOrderSent) {
  const RunRequests requests = RequestsOfArrays(Detailed());
  EXPECT_THAT(requests.due_s, ElementsAre(0, 1.5, 2));
  EXPECT_EQ(requests.ttft_ms[0], 1000);
  EXPECT_EQ(requests.e2el_ms[1], 1000);
  EXPECT_TRUE(std::isnan(requests.e2el_ms[2]));
  EXPECT_THAT(requests.completed, ElementsAre(true, true, false));
}

TEST(RunArraysTest, TimelineBySecond) {
  const RunTimeline timeline = TimelineOfArrays(Detailed());
  EXPECT_EQ(timeline.interval_s, 1);
  EXPECT_THAT(timeline.output_tokens, ElementsAre(0, 1, 3, 1));
  EXPECT_THAT(timeline.running, ElementsAre(1, 2, 2, 1));
}

TEST(RunArraysTest, CdfsOfCompletedRequests) {
  const RunCdfs cdfs = CdfsOfArrays(Detailed());
  ASSERT_EQ(cdfs.size(), 4u);
  EXPECT_EQ(cdfs.at("ttft_ms").front().value, 500);
  EXPECT_EQ(cdfs.at("ttft_ms")[50].value, 750);
  EXPECT_EQ(cdfs.at("e2el_ms").back().value, 3000);
  EXPECT_EQ(cdfs.at("tpot_ms").front().value, 250);
  EXPECT_EQ(cdfs.at("itl_ms").back().value, 2000);
  EXPECT_EQ(cdfs.at("itl_ms").back().percent, 100);
}

TEST(RunArraysTest, ArraysThatDoNotFitGiveNothing) {
  for (const char* key : {"start_times", "latencies", "ttfts", "itls"}) {
    for (const json& bad : {json(), json(3), json("x"), json::array({1}), json::object()}) {
      json result = Detailed();
      result[key] = bad;
      if (std::string(key) != "itls") EXPECT_THAT(RequestsOfArrays(result).due_s, IsEmpty()) << key;
      EXPECT_EQ(TimelineOfArrays(result).interval_s, 0) << key;
      CdfsOfArrays(result);
    }
  }
  EXPECT_THAT(CdfsOfArrays(json::array()), IsEmpty());
}

TEST(RunArraysTest, Cdf) {
  EXPECT_THAT(MakeCdf({}), IsEmpty());
  EXPECT_THAT(MakeCdf({NAN}), IsEmpty());
  const std::vector<CdfPoint> cdf = MakeCdf({4, NAN, 1});
  ASSERT_EQ(cdf.size(), 102u);
  EXPECT_EQ(cdf[0].value, 1);
  EXPECT_EQ(cdf[50].value, 2.5);
  EXPECT_EQ(cdf[101].value, 4);
}

}  // namespace
}  // namespace baton
