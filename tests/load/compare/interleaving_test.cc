#include "tests/load/compare/interleaving.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<absl::Time> Times(const std::vector<int>& seconds) {
  std::vector<absl::Time> times;
  for (const int second : seconds) times.push_back(absl::FromUnixSeconds(second));
  return times;
}

TEST(InterleavingTest, Orders) {
  const struct {
    std::vector<int> a, b;
    std::string says;
  } cases[] = {
      {{}, {}, ""},
      {{2}, {1}, ""},
      {{1, 4, 5}, {2, 3, 6}, ""},
      {{2, 3, 6}, {1, 4, 5}, ""},
      {{1, 2}, {3, 4}, "A A B B, not pair after pair"},
      {{1, 3}, {2, 4}, "A B A B: one side's place"},
      {{4, 1}, {2, 3}, "A B B A, not pair after pair"},
      {{1, 3, 6}, {2, 4, 5}, "A B A B B A: one side's place"},
  };
  for (const auto& c : cases) {
    const std::string warning = InterleavingWarning(Times(c.a), Times(c.b));
    if (c.says.empty()) EXPECT_THAT(warning, IsEmpty());
    EXPECT_THAT(warning, HasSubstr(c.says));
  }
}

}  // namespace
}  // namespace baton
