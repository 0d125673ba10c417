#include "router/fleet/prefix_index.h"

#include <random>

#include "gtest/gtest.h"

namespace baton {
namespace {

BlockHash Hash(uint64_t i) {
  BlockHash h;
  h.low = i * 0x9E3779B97F4A7C15u;
  h.high = i;
  return h;
}

std::vector<BlockHash> Chain(size_t length) {
  std::vector<BlockHash> chain;
  for (size_t i = 0; i < length; ++i) chain.push_back(Hash(i + 1));
  return chain;
}

void Hold(PrefixIndex* index, size_t group, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i) index->Apply(group, {{Hash(i + 1), true}});
}

TEST(PrefixIndex, KnowsHowMuchEachGroupHolds) {
  PrefixIndex index;
  Hold(&index, 0, 0, 10);
  Hold(&index, 3, 0, 100);
  Hold(&index, 200, 0, 57);
  EXPECT_EQ(index.MatchedBlocks(Chain(100), {0, 1, 3, 200}),
            (std::vector<uint32_t>{10, 0, 100, 57}));
  EXPECT_EQ(index.MatchedBlocks(Chain(20), {3, 0}), (std::vector<uint32_t>{20, 10}));
  EXPECT_EQ(index.MatchedBlocks({}, {3}), (std::vector<uint32_t>{0}));
  index.Apply(3, {{Hash(100), false}, {Hash(99), false}});
  EXPECT_EQ(index.MatchedBlocks(Chain(100), {3}), (std::vector<uint32_t>{98}));
  index.Forget(3);
  EXPECT_EQ(index.MatchedBlocks(Chain(100), {3, 200}), (std::vector<uint32_t>{0, 57}));
  EXPECT_EQ(index.size(), 57u);
  index.Forget(0);
  index.Forget(200);
  EXPECT_EQ(index.size(), 0u);
}

// Where chains have lost their beginnings first, or lengths are too many to tell apart, the answer
// may be short, or long, but stays within the chain.
TEST(PrefixIndex, AnswersWithinTheChainWhateverItHolds) {
  std::mt19937_64 rng(1);
  PrefixIndex index;
  std::vector<size_t> groups;
  for (size_t g = 0; g < 64; ++g) {
    groups.push_back(g);
    for (size_t i = 0; i < 256; ++i) {
      if (rng() % 2 == 0) index.Apply(g, {{Hash(i + 1), true}});
    }
  }
  for (uint32_t matched : index.MatchedBlocks(Chain(256), groups)) EXPECT_LE(matched, 256u);
}

}  // namespace
}  // namespace baton
