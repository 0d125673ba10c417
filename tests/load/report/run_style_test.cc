#include "tests/load/report/run_style.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RunStyleTest, EachRunItsOwn) {
  for (const auto& servers : {std::vector<std::string>{"a", "b", "c"}, {"a", "a", "a"}}) {
    const std::vector<RunStyle> styles = StylesOf(servers);
    EXPECT_EQ(styles[2].colour, 2u);
    EXPECT_EQ(styles[2].dash, 2u);
  }
  EXPECT_THAT(StylesOf({}), IsEmpty());
}

TEST(RunStyleTest, AServersRunsShareItsColour) {
  const std::vector<std::string> servers = {"a", "b", "a", "b"};
  const std::vector<RunStyle> styles = StylesOf(servers);
  EXPECT_EQ(styles[0].colour, styles[2].colour);
  EXPECT_NE(styles[0].colour, styles[1].colour);
  EXPECT_NE(styles[0].dash, styles[2].dash);
  EXPECT_THAT(ServerIndices(servers), ElementsAre(0, 1, 0, 1));
}

TEST(RunStyleTest, AnyNumberIsAStyle) {
  const RunStyle style = {1000, 1001, 1002};
  EXPECT_EQ(ColourClass(style), "s6");
  EXPECT_NE(Dashes(style).data(), nullptr);
  EXPECT_FALSE(MarkPath(style).empty());
}

}  // namespace
}  // namespace baton
