// What the emulator promises about threads, barriers, warps, shared memory and copies.
#include "kernels/cuda/emulator/grid.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/cuda/emulator/asan.h"

namespace baton {
namespace emulator {
namespace {

int* SharedInts() { return reinterpret_cast<int*>(DynamicShared()); }
int ThreadX() { return static_cast<int>(ThreadIdx().x); }

TEST(Grid, RunsEachThreadOfEachBlockOnce) {
  std::vector<int> count(2 * 3 * 2 * 4 * 8 * 2);
  RunGrid(Dim(2, 3, 2), Dim(4, 8, 2), 0, [&count] {
    EXPECT_EQ(GridDim().y, 3u);
    EXPECT_EQ(BlockDim().y, 8u);
    const Index b = BlockIdx(), t = ThreadIdx();
    const unsigned thread = t.x + 4 * (t.y + 8 * t.z), block = b.x + 2 * (b.y + 3 * b.z);
    EXPECT_EQ(Lane(), static_cast<int>(thread % 32));
    ++count[block * 64 + thread];
  });
  EXPECT_EQ(count, std::vector<int>(count.size(), 1));
}

TEST(Grid, BarriersSeparateWritesFromReads) {
  constexpr int kThreads = 96;
  std::vector<int> got;
  RunGrid(Dim(2), Dim(kThreads), kThreads * sizeof(int), [&got] {
    for (int round = 0; round < 3; ++round) {
      SharedInts()[ThreadX()] = round * 1000 + ThreadX();
      SyncThreads();
      got.push_back(SharedInts()[(ThreadX() + 33) % kThreads] - (ThreadX() + 33) % kThreads);
      SyncThreads();
    }
  });
  ASSERT_EQ(got.size(), 2u * 3 * kThreads);
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_EQ(got[i], static_cast<int>(i / kThreads % 3) * 1000);
}

// Without the barrier a thread sees what is not there yet: the test above can fail.
TEST(Grid, WithoutABarrierNothingIsThere) {
  bool all = true;
  RunGrid(Dim(1), Dim(64), 64 * sizeof(int), [&all] {
    SharedInts()[ThreadX()] = ThreadX();
    all = all && SharedInts()[(ThreadX() + 1) % 64] == (ThreadX() + 1) % 64;
  });
  EXPECT_FALSE(all);
}

// Warps are not at one pace: one that is not held by a barrier overwrites what others, as many
// exchanges behind, have yet to read.
TEST(Grid, WarpsRunAhead) {
  for (bool with_barrier : {true, false}) {
    int right = 0;
    RunGrid(Dim(1), Dim(64), sizeof(int), [&right, with_barrier] {
      if (ThreadX() == 0) SharedInts()[0] = 1;
      SyncThreads();
      SyncThreads();  // the last warp came first to the first one
      for (int i = 0; i < 2; ++i) Exchange({});
      right += SharedInts()[0] == 1;
      if (with_barrier) SyncThreads();
      for (int i = 0; i < 5; ++i) Exchange({});
      if (ThreadX() == 0) SharedInts()[0] = 2;
    });
    EXPECT_EQ(right, with_barrier ? 64 : 32);
  }
}

TEST(Grid, ThreadsThatEndedAreNotWaitedFor) {
  for (bool first_ones_stay : {true, false}) {
    int passed = 0;
    RunGrid(Dim(3), Dim(64), 0, [&passed, first_ones_stay] {
      if ((ThreadX() < 40) != first_ones_stay) return;
      SyncThreads();
      SyncThreads();
      ++passed;
    });
    EXPECT_EQ(passed, 3 * (first_ones_stay ? 40 : 24));
  }
}

TEST(Grid, ExchangesStayInTheirWarp) {
  int right = 0;
  RunGrid(Dim(1), Dim(96), 0, [&right] {
    // Warp 1 comes twice as often as the others.
    for (int round = 0; round < (ThreadX() / 32 == 1 ? 4 : 2); ++round) {
      LaneRecord mine = {};
      mine.words[0] = static_cast<uint32_t>(ThreadX());
      mine.words[11] = static_cast<uint32_t>(round);
      const LaneRecord* const all = Exchange(mine);
      for (int lane = 0; lane < kWarpSize; ++lane) {
        right += all[lane].words[0] == static_cast<uint32_t>(ThreadX() / 32 * 32 + lane) &&
                 all[lane].words[11] == static_cast<uint32_t>(round);
      }
    }
  });
  EXPECT_EQ(right, 32 * 32 * (2 + 4 + 2));
}

TEST(Grid, RecordsStayUntilTheNextExchangeButOne) {
  int right = 0;
  RunGrid(Dim(1), Dim(32), 0, [&right] {
    const LaneRecord* const first = Exchange({{1}});
    const LaneRecord* const second = Exchange({{2}});
    right += first[31 - Lane()].words[0] == 1 && second[31 - Lane()].words[0] == 2;
  });
  EXPECT_EQ(right, 32);
}

TEST(Grid, CombineIsCalledOnceAWarpOnAllRecords) {
  static int calls;
  calls = 0;
  std::vector<uint32_t> sums;
  RunGrid(Dim(2), Dim(64), 0, [&sums] {
    const LaneRecord* const all =
        Exchange({{static_cast<uint32_t>(ThreadX())}}, [](LaneRecord* records) {
          ++calls;
          uint32_t sum = 0;
          for (int lane = 0; lane < kWarpSize; ++lane) sum += records[lane].words[0];
          for (int lane = 0; lane < kWarpSize; ++lane) records[lane].words[1] = sum;
        });
    sums.push_back(all[Lane()].words[1] - static_cast<uint32_t>(ThreadX() / 32 * 32 * 32));
  });
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(sums, std::vector<uint32_t>(128, 31 * 32 / 2));
}

TEST(Grid, SharedMemoryIsAlignedAndPoisonedForEachBlock) {
  int poisoned = 0;
  RunGrid(Dim(3), Dim(32), 320, [&poisoned] {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(DynamicShared()) % 128, 0u);
    for (int i = ThreadX(); i < 320; i += 32) {
      poisoned += DynamicShared()[i] == 0xA5;
      DynamicShared()[i] = 0;
    }
  });
  EXPECT_EQ(poisoned, 3 * 320);
}

// Which of six copies are there after each step, as a string of their first bytes.
TEST(Grid, CopiesOfEvenThreadsAreThereOnlyWhenTheirGroupIsWaitedFor) {
  alignas(16) uint8_t from[6][16];
  for (int i = 0; i < 6; ++i) std::fill(from[i], from[i] + 16, static_cast<uint8_t>('a' + i));
  std::vector<std::string> seen;
  RunGrid(Dim(1), Dim(32), 6 * 16, [&from, &seen] {
    if (ThreadX() != 0) return;
    uint8_t* const shared = DynamicShared();
    std::fill(shared, shared + 6 * 16, static_cast<uint8_t>('.'));
    const auto look = [&seen, shared] {
      std::string s;
      for (int i = 0; i < 6; ++i) s += static_cast<char>(shared[i * 16 + 15]);
      seen.push_back(s);
    };
    const auto copy = [&from, shared](int i) { CopyAsync16(shared + i * 16, from[i]); };
    copy(0), copy(1), CommitCopies();
    copy(2), CommitCopies();
    CommitCopies();  // an empty group counts
    copy(3), CommitCopies();
    copy(4);  // of no group yet
    look();
    WaitCopies(4), look();
    WaitCopies(3), look();
    WaitCopies(1), look();  // group 2, and the empty one
    WaitCopies(0), look();
    CommitCopies();
    from[5][15] = 'x';
    copy(5), CommitCopies();
    WaitCopies(1), look();
    WaitCopies(0), look();
    CopyAsync16(shared, nullptr), CommitCopies(), WaitCopies(0);
    seen.push_back(std::to_string(shared[0] + shared[15]));
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"......", "......", "ab....", "abc...", "abcd..",
                                            "abcde.", "abcdex", "0"}));
}

TEST(Grid, CopiesOfOddThreadsAreThereAtOnce) {
  alignas(16) uint8_t from[16] = {1};
  int there = 0;
  RunGrid(Dim(1), Dim(32), 32 * 16, [&from, &there] {
    uint8_t* const to = DynamicShared() + ThreadX() * 16;
    CopyAsync16(to, from);
    there += to[0] == 1;
    CommitCopies();
    WaitCopies(0);
    there += to[0] == 1;
  });
  EXPECT_EQ(there, 16 + 32);
}

TEST(Grid, CopiesOfABlockDoNotReachTheNext) {
  alignas(16) uint8_t from[16] = {1};
  int changed = 0;
  RunGrid(Dim(2), Dim(32), 32 * 16, [&from, &changed] {
    uint8_t* const to = DynamicShared() + ThreadX() * 16;
    WaitCopies(0);
    changed += to[0] != 0xA5;
    CopyAsync16(to, from);
    CommitCopies();
  });
  EXPECT_EQ(changed, 0);
}

using GridDeathTest = ::testing::Test;

TEST(GridDeathTest, ABlockThatCannotGoOn) {
  EXPECT_DEATH(RunGrid(Dim(1), Dim(32), 0,
                       [] {
                         if (Lane() < 16) Exchange({});
                       }),
               "deadlock in block \\(0, 0, 0\\): 16 threads wait, 0 of them");
  EXPECT_DEATH(RunGrid(Dim(1, 2), Dim(64), 0,
                       [] {
                         if (BlockIdx().y == 0) return;
                         if (ThreadX() == 5) Exchange({});
                         SyncThreads();
                       }),
               "deadlock in block \\(0, 1, 0\\): 64 threads wait, 63 of them");
}

TEST(GridDeathTest, DeviceCodeOutsideOfAKernel) {
  EXPECT_DEATH(SyncThreads(), "outside of a kernel");
  EXPECT_DEATH(ThreadIdx(), "outside of a kernel");
  EXPECT_DEATH(Exchange({}), "outside of a kernel");
  EXPECT_DEATH(CopyAsync16(nullptr, nullptr), "outside of a kernel");
  RunGrid(Dim(1), Dim(32), 0, [] {});
  EXPECT_DEATH(DynamicShared(), "outside of a kernel");
}

#ifdef BATON_ASAN
TEST(GridDeathTest, AThreadTouchesWhatIsBehindItsSharedMemory) {
  EXPECT_DEATH(RunGrid(Dim(1), Dim(32), 320, [] { DynamicShared()[320] = 1; }), "use-after-poison");
}
#endif

}  // namespace
}  // namespace emulator
}  // namespace baton
