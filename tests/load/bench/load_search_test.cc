#include "tests/load/bench/load_search.h"

#include <vector>

#include "gtest/gtest.h"

namespace baton {
namespace {

std::vector<double> Search(LoadSearch* search, double limit) {
  std::vector<double> tried;
  while (const auto next = search->Next()) {
    tried.push_back(*next);
    search->Tell(*next <= limit);
  }
  return tried;
}

TEST(LoadSearchTest, FindsTheLimit) {
  LoadSearch search(1, 100, 0.02, false);
  const std::vector<double> tried = Search(&search, 37);
  EXPECT_EQ(tried[0], 1);
  EXPECT_EQ(tried[1], 100);
  EXPECT_LE(tried.size(), 12u);
  ASSERT_TRUE(search.best());
  EXPECT_LE(*search.best(), 37);
  EXPECT_GT(*search.best() * 1.02, 37);
  EXPECT_FALSE(search.is_beyond());
}

TEST(LoadSearchTest, TriesOnlyWholeNumbers) {
  LoadSearch search(1, 64, 0.001, true);
  for (const double load : Search(&search, 19)) EXPECT_EQ(load, static_cast<int>(load));
  EXPECT_EQ(*search.best(), 19);
}

TEST(LoadSearchTest, StopsAtOnceWhereTheLowestIsTooMuch) {
  LoadSearch search(10, 100, 0.1, false);
  EXPECT_EQ(Search(&search, 5), std::vector<double>{10});
  EXPECT_FALSE(search.best());
}

TEST(LoadSearchTest, SaysThatTheLimitLiesBeyond) {
  LoadSearch search(10, 100, 0.1, false);
  EXPECT_EQ(Search(&search, 500), (std::vector<double>{10, 100}));
  EXPECT_TRUE(search.is_beyond());
  EXPECT_EQ(*search.best(), 100);
}

}  // namespace
}  // namespace baton
