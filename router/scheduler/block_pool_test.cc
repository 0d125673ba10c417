#include "router/scheduler/block_pool.h"

#include <random>
#include <set>

#include "gtest/gtest.h"

namespace baton {
namespace {

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

TEST(BlockLease, NoBlockIsLostOrHeldTwiceInALongRandomRun) {
  std::mt19937_64 rng(1);
  BlockPool pool(7);
  std::vector<BlockLease> leases(4);
  for (BlockLease& l : leases) l = pool.NewLease();
  for (int step = 0; step < 100000; ++step) {
    BlockLease& lease = leases[rng() % 4];
    switch (rng() % 3) {
      case 0:
        lease.Release();
        break;
      case 1:
        lease.GrowTo(lease.size() + 1 + rng() % 3);
        break;
      default: {
        BlockLease moved = std::move(leases[rng() % 4]);
        leases[rng() % 4] = std::move(moved);
        for (BlockLease& l : leases) {
          if (l.size() == 0) l = pool.NewLease();
        }
      }
    }
    std::set<int32_t> held;
    int64_t total = 0;
    for (const BlockLease& l : leases) {
      total += l.size();
      held.insert(l.blocks().begin(), l.blocks().end());
    }
    ASSERT_EQ(static_cast<int64_t>(held.size()), total);
    ASSERT_EQ(pool.num_used(), total);
  }
}

}  // namespace
}  // namespace baton
