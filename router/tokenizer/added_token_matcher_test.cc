#include "router/tokenizer/added_token_matcher.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

class AddedTokenMatcherTest : public testing::Test {
 protected:
  AddedTokenMatcherTest() {
    matcher_.Add("<a>", 1, /*is_control=*/true);
    matcher_.Add("<a><b>", 2, /*is_control=*/true);
    matcher_.Add("<a><", 3, /*is_control=*/false);
  }

  int32_t Find(absl::string_view text, size_t pos, size_t control_end) {
    return matcher_.LongestAt(text, pos, control_end).id;
  }

  AddedTokenMatcher matcher_;
};

TEST_F(AddedTokenMatcherTest, LongestWins) {
  EXPECT_EQ(Find("<a>x", 0, 4), 1);
  EXPECT_EQ(Find("<a><x", 0, 5), 3);
  EXPECT_EQ(Find("<a><b>", 0, 6), 2);
  EXPECT_EQ(Find("x<a>", 1, 4), 1);
  EXPECT_EQ(matcher_.LongestAt("<a><b>", 0, 6).size, 6u);
}

TEST_F(AddedTokenMatcherTest, NoMatch) {
  EXPECT_EQ(Find("<a", 0, 2), -1);
  EXPECT_EQ(Find("", 0, 0), -1);
  EXPECT_EQ(Find("x<a>", 0, 4), -1);
  EXPECT_EQ(AddedTokenMatcher().LongestAt("<a>", 0, 3).size, 0u);
}

TEST_F(AddedTokenMatcherTest, ControlTokensOnlyBeforeControlEnd) {
  EXPECT_EQ(Find("<a><b>", 0, 5), 3);  // the control token does not fit, the user-defined one may
  EXPECT_EQ(Find("<a>", 0, 3), 1);
  EXPECT_EQ(Find("<a>", 0, 2), -1);
  EXPECT_EQ(Find("<a>", 0, 0), -1);
}

TEST_F(AddedTokenMatcherTest, StartsAndKinds) {
  EXPECT_TRUE(matcher_.MayStartWith('<'));
  EXPECT_FALSE(matcher_.MayStartWith('a'));
  EXPECT_TRUE(matcher_.has_control());
  EXPECT_TRUE(matcher_.has_user_defined());
  EXPECT_FALSE(AddedTokenMatcher().has_control());
}

}  // namespace
}  // namespace baton
