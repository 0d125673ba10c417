#include "tests/load/report/label_placement.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

constexpr LabelBox kFrame = {0, 0, 200, 100};

TEST(PlaceLabelsTest, RightAboveIfThereIsRoom) {
  const auto placed = PlaceLabels({{50, 50, 20, 10}}, kFrame);
  ASSERT_TRUE(placed[0]);
  EXPECT_GT(placed[0]->left, 50);
  EXPECT_EQ(placed[0]->bottom, 50);
}

TEST(PlaceLabelsTest, LeftAtTheRightEdgeAndBelowAtTheTop) {
  const auto placed = PlaceLabels({{199, 1, 20, 10}}, kFrame);
  ASSERT_TRUE(placed[0]);
  EXPECT_LT(placed[0]->right, 199);
  EXPECT_GE(placed[0]->top, 0);
}

TEST(PlaceLabelsTest, NoTwoOverlapAndTheRestIsLeftOut) {
  const std::vector<LabelRequest> labels(30, {100, 50, 30, 12});
  const auto placed = PlaceLabels(labels, kFrame);
  size_t count = 0;
  for (size_t i = 0; i < placed.size(); ++i) {
    if (!placed[i]) continue;
    ++count;
    for (size_t k = 0; k < i; ++k) {
      if (!placed[k]) continue;
      EXPECT_TRUE(placed[i]->left >= placed[k]->right || placed[k]->left >= placed[i]->right ||
                  placed[i]->top >= placed[k]->bottom || placed[k]->top >= placed[i]->bottom);
    }
  }
  EXPECT_GE(count, 4u);
  EXPECT_LT(count, 30u);
}

}  // namespace
}  // namespace baton
