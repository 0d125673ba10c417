#include "tests/load/workload/dataset_sample.h"

#include <algorithm>
#include <set>

#include "gtest/gtest.h"

namespace baton {
namespace {

using Numbers = std::vector<size_t>;

SampleOptions Options(size_t num_prompts, uint64_t point = 0) {
  SampleOptions options;
  options.num_prompts = num_prompts;
  options.point = point;
  return options;
}

TEST(SampleOrder, ShufflesUnlessToldNotTo) {
  SampleOptions options = Options(3);
  Numbers order = SampleOrder(options, 50);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(std::set<size_t>(order.begin(), order.end()).size(), 50u);
  EXPECT_EQ(SampleOrder(Options(9, 1), 50), order);
  options.seed = 1;
  EXPECT_NE(SampleOrder(options, 50), order);
  options.shuffle = false;
  EXPECT_EQ(SampleOrder(options, 3), (Numbers{0, 1, 2}));
}

TEST(SampleRecords, GivesEachPointTheNextOfThem) {
  EXPECT_EQ(SampleRecords(Options(3), 8), (Numbers{0, 1, 2}));
  EXPECT_EQ(SampleRecords(Options(3, 1), 8), (Numbers{3, 4, 5}));
  EXPECT_EQ(SampleRecords(Options(3, 2), 8), (Numbers{6, 7, 0}));
  EXPECT_EQ(SampleRecords(Options(8, 5), 8).size(), 8u);
  EXPECT_EQ(SampleRecords(Options(3, UINT64_MAX), 8).size(), 3u);
}

TEST(SampleRecords, IsTheWholeFileForNone) {
  EXPECT_EQ(SampleRecords(Options(0), 3), (Numbers{0, 1, 2}));
  EXPECT_TRUE(SampleRecords(Options(0), 0).empty());
  EXPECT_TRUE(SampleRecords(Options(5), 0).empty());
}

TEST(SampleRecords, TopsUpAFileThatIsTooSmall) {
  SampleOptions options = Options(50);
  const Numbers records = SampleRecords(options, 4);
  ASSERT_EQ(records.size(), 50u);
  EXPECT_EQ(Numbers(records.begin(), records.begin() + 4), (Numbers{0, 1, 2, 3}));
  EXPECT_EQ(std::set<size_t>(records.begin() + 4, records.end()).size(), 4u);
  EXPECT_EQ(SampleRecords(options, 4), records);
  options.oversample = false;
  EXPECT_EQ(SampleRecords(options, 4), (Numbers{0, 1, 2, 3}));
}

TEST(SampleNeeds, CoversWhatIsUsed) {
  for (const size_t count : {0, 1, 7, 8, 9, 100}) {
    for (const size_t prompts : {0, 1, 4, 8, 30}) {
      for (const uint64_t point : {uint64_t{0}, uint64_t{1}, uint64_t{2}, UINT64_MAX}) {
        const SampleOptions options = Options(prompts, point);
        const size_t needs = SampleNeeds(options, count);
        EXPECT_LE(needs, count);
        EXPECT_EQ(SampleRecords(options, needs), SampleRecords(options, count))
            << count << " " << prompts << " " << point;
      }
    }
  }
}

}  // namespace
}  // namespace baton
