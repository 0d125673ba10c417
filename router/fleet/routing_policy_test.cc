#include "router/fleet/routing_policy.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(LeastLoaded, TakesTheFewestTokensThenTheFewestRequestsThenTheFirst) {
  EXPECT_EQ(PickLeastLoaded({{5, 0, 0}, {3, 9, 0}, {4, 0, 0}}), 1u);
  EXPECT_EQ(PickLeastLoaded({{3, 2, 0}, {3, 1, 0}, {3, 1, 0}}), 1u);
}

TEST(PrefixAffinity, TakesTheLongestMatchThatIsNotTooLoaded) {
  EXPECT_EQ(PickPrefixAffinity({{0, 0, 0}, {90, 0, 64}, {50, 0, 32}}, 100), 1u);
  EXPECT_EQ(PickPrefixAffinity({{0, 0, 0}, {101, 0, 64}, {50, 0, 32}}, 100), 2u) << "the cap";
  EXPECT_EQ(PickPrefixAffinity({{0, 0, 0}, {101, 0, 64}, {102, 0, 32}}, 100), 0u);
  EXPECT_EQ(PickPrefixAffinity({{1000, 0, 0}, {1340, 0, 64}}, 100), 1u) << "a quarter more";
  EXPECT_EQ(PickPrefixAffinity({{1000, 0, 0}, {1360, 0, 64}}, 100), 0u);
  EXPECT_EQ(PickPrefixAffinity({{40, 0, 64}, {30, 0, 64}, {20, 0, 0}}, 100), 1u);
}

TEST(PrefixAffinity, WithoutAnyMatchIsLeastLoaded) {
  const std::vector<GroupLoad> groups = {{7, 1, 0}, {7, 0, 0}, {8, 0, 0}};
  EXPECT_EQ(PickPrefixAffinity(groups, 1000), PickLeastLoaded(groups));
}

// Everybody asks for what one group holds: it is never filled beyond the cap.
TEST(PrefixAffinity, MakesNoHotSpot) {
  std::vector<GroupLoad> groups(8);
  groups[3].matched_tokens = 1024;
  for (int i = 0; i < 10000; ++i) {
    GroupLoad& g = groups[PickPrefixAffinity(groups, 400)];
    g.tokens += 100;
    ++g.requests;
    const auto [least, most] = std::minmax_element(
        groups.begin(), groups.end(),
        [](const GroupLoad& a, const GroupLoad& b) { return a.tokens < b.tokens; });
    ASSERT_LE(most->tokens, least->tokens * 5 / 4 + 500);
  }
}

}  // namespace
}  // namespace baton
