#include "tests/load/report/summary_rows.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

RunView MakeRun(std::map<std::string, double> numbers) {
  RunView run;
  run.numbers = std::move(numbers);
  return run;
}

TEST(SummaryRowsTest, TheBestOfEachRow) {
  std::vector<RunView> runs = {
      MakeRun({{"output_throughput", 10}, {"p99_ttft_ms", 5}, {"duration", 1}}),
      MakeRun({{"output_throughput", 30}, {"p99_ttft_ms", 5}, {"duration", 2}}),
      MakeRun({{"output_throughput", 20}, {"p99_ttft_ms", 9}})};
  const std::vector<SummaryGroup> groups = SummaryGroups(runs);
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[0].rows[0].label, "Duration, s");
  EXPECT_THAT(groups[0].rows[0].best, ElementsAre(false, false, false));
  EXPECT_TRUE(std::isnan(groups[0].rows[0].values[2]));
  EXPECT_THAT(groups[1].rows[0].best, ElementsAre(false, true, false));
  EXPECT_EQ(groups[2].rows[0].label, "p99");
  EXPECT_THAT(groups[2].rows[0].best, ElementsAre(true, true, false));

  runs[1].valid = false;
  EXPECT_THAT(SummaryGroups(runs)[1].rows[0].best, ElementsAre(false, false, true));
}

TEST(SummaryRowsTest, NothingIsBestAloneOrAmongEquals) {
  const RunView run = MakeRun({{"output_throughput", 10}});
  EXPECT_THAT(SummaryGroups({run})[0].rows[0].best, ElementsAre(false));
  EXPECT_THAT(SummaryGroups({run, run})[0].rows[0].best, ElementsAre(false, false));
  EXPECT_THAT(SummaryGroups({run, MakeRun({})})[0].rows[0].best, ElementsAre(false, false));
}

TEST(SummaryRowsTest, PercentilesAscendAndTheMedianComesOnce) {
  const auto groups = SummaryGroups({MakeRun({{"p99.9_itl_ms", 3},
                                              {"p5_itl_ms", 1},
                                              {"p50_itl_ms", 2},
                                              {"median_itl_ms", 2},
                                              {"pink_itl_ms", 7}})});
  ASSERT_EQ(groups.size(), 1u);
  std::vector<std::string> labels;
  for (const SummaryRow& row : groups[0].rows) labels.push_back(row.label);
  EXPECT_THAT(labels, ElementsAre("median", "p5", "p99.9"));
}

TEST(SummaryRowsTest, NoRunsNoRows) { EXPECT_THAT(SummaryGroups({}), IsEmpty()); }

}  // namespace
}  // namespace baton
