#include "router/scheduler/block_hash.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

constexpr BlockHashKey kKey = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

TEST(BlockHash, NamesAllTokensUpToTheBlocksEnd) {
  BlockHasher hasher(kKey, 4);
  const BlockHash root = hasher.Root(0, "", "");
  const auto a = hasher.Chain(root, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const auto b = hasher.Chain(root, {1, 2, 3, 4, 5, 6, 7, 9});
  const auto c = hasher.Chain(root, {0, 2, 3, 4, 5, 6, 7, 8});
  ASSERT_EQ(a.size(), 2u);
  EXPECT_EQ(a[0], b[0]);
  EXPECT_FALSE(a[1] == b[1]);
  EXPECT_FALSE(a[0] == c[0]);
  EXPECT_FALSE(a[1] == c[1]) << "the same block after another beginning";
}

TEST(BlockHash, ChainsOfOtherRootsKeysAndSizesHaveNothingInCommon) {
  BlockHasher hasher(kKey, 4);
  const BlockHash plain = hasher.Root(0, "", "");
  for (const BlockHash& other :
       {hasher.Root(1, "", ""), hasher.Root(0, "x", ""), hasher.Root(0, "", "x")}) {
    EXPECT_FALSE(plain == other);
  }
  EXPECT_FALSE(hasher.Root(0, "x", "") == hasher.Root(0, "", "x"));
  BlockHashKey key = kKey;
  key[15] ^= 1;
  EXPECT_FALSE(BlockHasher(key, 4).Root(0, "", "") == plain);
  EXPECT_FALSE(BlockHasher(kKey, 8).Root(0, "", "") == plain);
}

// The 64-byte input of SipHash's reference vectors with 128 bits of output (vectors.h of the
// reference implementation): the hasher is that function, over parent and tokens.
TEST(BlockHash, IsSipHash128) {
  BlockHasher hasher(kKey, 2);
  BlockHash parent;
  parent.high = 0x0706050403020100;
  parent.low = 0x0f0e0d0c0b0a0908;
  const BlockHash h = hasher.Next(parent, {0x13121110, 0x17161514});
  // Input 00 01 … 17 (24 bytes), key 00 … 0f.
  EXPECT_EQ(h.high, 0xd850bd78ae79b42du);
  EXPECT_EQ(h.low, 0xad32618a178a2a88u);
}

}  // namespace
}  // namespace baton
