#include "router/api/sha256.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

// Expected values: Python's hashlib.sha256(struct.pack("<3I", ...)).hexdigest().
TEST(PromptDigestTest, HashesLittleEndianWords) {
  EXPECT_EQ(PromptDigest({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(PromptDigest({1, 256, 49151}),
            "0019740d1fb59a9f07ce6997bc077e24ef57c48366db25ee6ac9a11efff266dc");
}

TEST(PromptDigestTest, DependsOnOrder) { EXPECT_NE(PromptDigest({1, 2}), PromptDigest({2, 1})); }

}  // namespace
}  // namespace baton
