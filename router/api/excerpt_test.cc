#include "router/api/excerpt.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(ExcerptTest, QuotesAndEscapes) {
  EXPECT_EQ(Excerpt(""), "\"\"");
  EXPECT_EQ(Excerpt("a b"), "\"a b\"");
  EXPECT_EQ(Excerpt("\"\n\x01\xff"), "\"\\\"\\n\\001\\377\"");
}

TEST(ExcerptTest, CutsWhatIsLong) {
  EXPECT_EQ(Excerpt(std::string(64, 'x')), "\"" + std::string(64, 'x') + "\"");
  EXPECT_EQ(Excerpt(std::string(65, 'x')), "\"" + std::string(64, 'x') + "...\"");
}

}  // namespace
}  // namespace baton
