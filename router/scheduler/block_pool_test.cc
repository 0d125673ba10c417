#include "router/scheduler/block_pool.h"

#include <map>
#include <random>
#include <set>

#include "gtest/gtest.h"

namespace baton {
namespace {

BlockHash Hash(uint64_t i) {
  BlockHash h;
  h.low = i;
  return h;
}

TEST(BlockLease, GrowsWhollyOrNotAtAllAndGivesBack) {
  BlockPool pool(4);
  BlockLease a = pool.NewLease();
  EXPECT_TRUE(a.GrowTo(3));
  BlockLease b = pool.NewLease();
  EXPECT_FALSE(b.GrowTo(2));
  EXPECT_EQ(b.size(), 0);
  EXPECT_EQ(pool.num_free(), 1);
  b = std::move(a);
  EXPECT_EQ(a.size(), 0);
  EXPECT_EQ(b.size(), 3);
  b.Release();
  EXPECT_EQ(pool.num_free(), 4);
}

TEST(BlockPool, SharesWhatIsIndexed) {
  BlockPool pool(6);
  BlockLease a = pool.NewLease();
  ASSERT_TRUE(a.GrowTo(3));
  EXPECT_TRUE(a.Publish(0, Hash(1)));
  EXPECT_TRUE(a.Publish(1, Hash(2)));
  BlockLease b = pool.NewLease();
  EXPECT_EQ(b.TakePrefix({Hash(1), Hash(2), Hash(3)}), 2);
  EXPECT_EQ(b.blocks()[1], a.blocks()[1]);
  EXPECT_TRUE(b.GrowTo(3));
  EXPECT_FALSE(b.Publish(2, Hash(2))) << "two blocks of one name";
  EXPECT_EQ(pool.num_used(), 4);
  a.Release();
  EXPECT_EQ(pool.num_used(), 3) << "b holds the shared ones";
  b.Release();
  EXPECT_EQ(pool.num_used(), 0);
  EXPECT_EQ(pool.MatchedPrefix({Hash(1), Hash(2)}), 2) << "free, and still known";
  EXPECT_TRUE(pool.Consistent());
}

TEST(BlockPool, ForgetsTheLeastRecentlyUsedAndTheEndOfAChainFirst) {
  BlockPool pool(4);
  pool.LogIndexChanges(true);
  BlockLease a = pool.NewLease();
  ASSERT_TRUE(a.GrowTo(2));
  a.Publish(0, Hash(1));
  a.Publish(1, Hash(2));
  a.Release();
  BlockLease b = pool.NewLease();
  ASSERT_TRUE(b.GrowTo(3));  // two have no contents; then the end of a's chain goes
  EXPECT_EQ(pool.MatchedPrefix({Hash(1), Hash(2)}), 1);
  EXPECT_EQ(pool.num_evictions(), 1u);
  const auto changes = pool.TakeIndexChanges();
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[2].hash, Hash(2));
  EXPECT_FALSE(changes[2].added);
  b.Release();
  // Using the block again makes it the most recently used one.
  BlockLease c = pool.NewLease();
  ASSERT_TRUE(c.GrowTo(1));
  c.Publish(0, Hash(9));
  BlockLease d = pool.NewLease();
  EXPECT_EQ(d.TakePrefix({Hash(1)}), 1);
  c.Release();
  d.Release();
  ASSERT_TRUE(c.GrowTo(3));
  EXPECT_EQ(pool.MatchedPrefix({Hash(1)}), 1);
  EXPECT_EQ(pool.MatchedPrefix({Hash(9)}), 0);
}

// Few blocks, few names: everything is shared, forgotten and taken again all the time.
TEST(BlockPool, NoBlockIsLostOrSharedWronglyInALongRandomRun) {
  std::mt19937_64 rng(1);
  BlockPool pool(9);
  struct Holder {
    BlockLease lease;
    std::vector<BlockHash> names;  // of its published blocks
  };
  std::vector<Holder> holders(4);
  for (Holder& h : holders) h.lease = pool.NewLease();
  for (int step = 0; step < 200000; ++step) {
    Holder& h = holders[rng() % 4];
    switch (rng() % 4) {
      case 0:
        h.lease.Release();
        h.names.clear();
        break;
      case 1:
        h.lease.GrowTo(h.lease.size() + 1 + rng() % 3);
        break;
      case 2:
        if (static_cast<int64_t>(h.names.size()) < h.lease.size()) {
          // Chains over an alphabet of two.
          const BlockHash parent = h.names.empty() ? Hash(1) : h.names.back();
          h.names.push_back(Hash(parent.low * 2 + rng() % 2));
          h.lease.Publish(static_cast<int64_t>(h.names.size()) - 1, h.names.back());
        }
        break;
      default:
        if (h.lease.size() == 0) {
          std::vector<BlockHash> wanted = {Hash(2 + rng() % 2)};
          while (wanted.size() < 4) wanted.push_back(Hash(wanted.back().low * 2 + rng() % 2));
          const int64_t known = pool.MatchedPrefix(wanted);
          ASSERT_EQ(h.lease.TakePrefix(wanted), known);
          h.names.assign(wanted.begin(), wanted.begin() + known);
        }
    }
    ASSERT_TRUE(pool.Consistent());
    // Who shares a block has the same name for it.
    std::map<int32_t, BlockHash> name_of;
    std::set<int32_t> held, unnamed;
    for (const Holder& other : holders) {
      for (size_t i = 0; i < other.lease.blocks().size(); ++i) {
        const int32_t block = other.lease.blocks()[i];
        const bool shared = !held.insert(block).second;
        ASSERT_FALSE(shared && (unnamed.count(block) > 0 || i >= other.names.size()));
        if (i >= other.names.size()) {
          unnamed.insert(block);
        } else if (!name_of.emplace(block, other.names[i]).second) {
          ASSERT_EQ(name_of[block], other.names[i]);
        }
      }
    }
    ASSERT_EQ(pool.num_used(), static_cast<int64_t>(held.size()));
  }
  EXPECT_GT(pool.num_evictions(), 1000u);
}

}  // namespace
}  // namespace baton
