#include "router/fleet/prefix_index.h"

#include <random>
#include <thread>

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

TEST(PrefixIndex, LeavesNothingToTheNextOfTheSameNumber) {
  PrefixIndex index;
  const size_t first = index.Join(), second = index.Join();
  EXPECT_NE(first, second);
  Hold(&index, first, 0, 100);
  Hold(&index, second, 0, 50);
  index.Leave(first);
  EXPECT_EQ(index.Join(), first);
  EXPECT_EQ(index.MatchedBlocks(Chain(100), {first, second}), (std::vector<uint32_t>{0, 50}));
  EXPECT_EQ(index.size(), 50u);
}

TEST(PrefixIndex, KnowsNothingOfGroupsBeyondItsPlaces) {
  PrefixIndex index;
  for (size_t g = 0; g < kMaxIndexedGroups; ++g) EXPECT_NE(index.Join(), kNotIndexed);
  EXPECT_EQ(index.Join(), kNotIndexed);
  Hold(&index, kNotIndexed, 0, 10);
  Hold(&index, 255, 0, 10);
  EXPECT_EQ(index.MatchedBlocks(Chain(10), {kNotIndexed, 255}), (std::vector<uint32_t>{0, 10}));
  index.Forget(kNotIndexed);
  index.Leave(kNotIndexed);
  EXPECT_EQ(index.Join(), kNotIndexed);
  EXPECT_EQ(index.size(), 10u);
  index.Leave(255);
  EXPECT_EQ(index.size(), 0u);
  EXPECT_EQ(index.Join(), 255u);
}

// Each group against a set of its own, which is all that the others leave it.
TEST(PrefixIndex, HoldsWhatItWasToldWhileOthersAreForgotten) {
  PrefixIndex index;
  std::vector<std::thread> groups;
  for (uint64_t g = 0; g < 4; ++g) {
    groups.emplace_back([&index, g] {
      std::mt19937_64 rng(g);
      size_t place = index.Join();
      size_t held = 0;  // of the chain
      for (int step = 0; step < 3000; ++step) {
        const size_t length = rng() % 64;
        for (; held < length; ++held) index.Apply(place, {{Hash(held + 1), true}});
        for (; held > length; --held) index.Apply(place, {{Hash(held), false}});
        if (rng() % 10 == 0) index.Forget(place), held = 0;
        if (rng() % 20 == 0) {
          index.Leave(place);
          place = index.Join();
          held = 0;
        }
        ASSERT_EQ(index.MatchedBlocks(Chain(64), {place}),
                  (std::vector<uint32_t>{static_cast<uint32_t>(held)}));
      }
      index.Leave(place);
    });
  }
  for (std::thread& t : groups) t.join();
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
