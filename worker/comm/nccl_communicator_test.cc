// The NCCL communicator over the stand-in for NCCL: what it computes, and how it ends.
#include "worker/comm/nccl_communicator.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "kernels/cpu/cpu_device.h"
#include "worker/comm/nccl_options.h"
#include "worker/comm/testing/fake_nccl_control.h"
#include "worker/comm/testing/nccl_ranks.h"
#include "worker/comm/testing/summands.h"

namespace baton {
namespace {

using Ranks = std::vector<std::unique_ptr<NcclRank>>;
using std::chrono::milliseconds;
using std::chrono::seconds;

void OnAllRanks(Ranks& ranks, const std::function<void(NcclRank&, Stream&)>& fn) {
  std::vector<std::thread> threads;
  for (auto& rank : ranks) {
    threads.emplace_back([&] {
      CpuDevice device;
      fn(*rank, **device.NewStream());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

std::unique_ptr<Stream> NewStream() {
  static CpuDevice device;
  return *device.NewStream();
}

// A clock that stands still until told to run, and then passes a second at each sleep, so that
// limits are over at once.
class FastClock {
 public:
  explicit FastClock(NcclOptions& options) {
    options.now = [this] { return std::chrono::steady_clock::time_point(seconds(elapsed_)); };
    options.sleep = [this](std::chrono::nanoseconds) {
      if (runs_) ++elapsed_;
      std::this_thread::sleep_for(milliseconds(1));
    };
  }
  void Run(bool runs) { runs_ = runs; }

 private:
  std::atomic<int64_t> elapsed_{1000};
  std::atomic<bool> runs_{false};
};

// Every case begins without faults, and ends without a communicator that was ended in two ways, in
// none, or used as NCCL forbids.
class Nccl : public ::testing::Test {
 protected:
  Nccl() { SetFaults({}); }
  ~Nccl() override {
    EndHangs();
    const FakeNcclCounts counts = Counts();
    EXPECT_EQ(counts.misuses, 0);
    EXPECT_EQ(counts.inits, counts.aborts + counts.destroys);
  }
};

std::vector<float> Values(int rank, int64_t count) {
  std::vector<float> values(count);
  for (int64_t i = 0; i < count; ++i) values[i] = Summand(rank, i);
  return values;
}

bool SameBits(float a, float b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }

struct Path {
  const char* name;
  int64_t workspace_bytes;
  int64_t large_message_bytes;
};
constexpr Path kPaths[] = {
    {"whole", 1 << 17, int64_t{1} << 40},
    {"whole, in pieces", 4096, int64_t{1} << 40},
    {"segments", 1 << 17, 0},
    {"segments, in pieces", 4096, 0},
    {"by size", 4096, 2048},
    {"the smallest workspace", 64, 0},
};

// The sums of [0, count) by each path, on `size` ranks; the same on all of them.
std::vector<float> Sum(int size, const Path& path, int64_t count, bool wait_in_calls = true) {
  NcclOptions options;
  options.workspace_bytes = path.workspace_bytes;
  options.large_message_bytes = path.large_message_bytes;
  options.wait_in_calls = wait_in_calls;
  Ranks ranks = MakeNcclRanks(size, options);
  std::vector<float> result(count);
  OnAllRanks(ranks, [&](NcclRank& c, Stream& stream) {
    std::vector<float> data = Values(c.rank(), count);
    const absl::Status status = c.AllReduceSum(stream, data.data(), count);
    EXPECT_TRUE(status.ok()) << status;
    if (!wait_in_calls) {
      EXPECT_TRUE(c.nccl().Wait(stream).ok());
    }
    if (c.rank() == size - 1) result = data;
    for (int64_t i = 0; i < count; ++i) {
      ASSERT_TRUE(SameBits(data[i], SumInRankOrder(size, i)))
          << path.name << ", " << size << " ranks, " << count << " floats, at " << i;
    }
  });
  return result;
}

TEST_F(Nccl, SumsInRankOrderByEveryPath) {
  for (int size : {1, 2, 3, 4}) {
    for (int64_t count : {0, 1, 5, 511, 512, 576, 4099}) {
      const std::vector<float> first = Sum(size, kPaths[0], count);
      for (const Path& path : kPaths) {
        if (count > 1000 && path.workspace_bytes < 1000) continue;  // hundreds of exchanges
        EXPECT_EQ(Sum(size, path, count), first) << path.name;      // to the bit: Sum has looked
      }
    }
  }
  EXPECT_GT(Counts().in_progress, 0) << "the stand-in is never seen at work";
}

TEST_F(Nccl, SumsInRankOrderWithoutWaitingInCalls) {
  for (const Path& path : kPaths) Sum(3, path, 700, /*wait_in_calls=*/false);
}

// The negative control of the two above: with these values any other order shows, from three ranks
// on. (With two there is only one sum.)
TEST_F(Nccl, AnotherOrderOfSummationWouldBeSeen) {
  for (int size : {3, 4}) {
    int backwards = 0, around = 0, pairs = 0;
    for (int64_t i = 0; i < 97; ++i) {
      const float want = SumInRankOrder(size, i);
      float down = Summand(size - 1, i);
      for (int r = size - 2; r >= 0; --r) down += Summand(r, i);
      float ring = Summand(1, i);  // as a ring adds the segment of rank 0
      for (int r = 2; r <= size; ++r) ring += Summand(r % size, i);
      const float tree = (Summand(0, i) + Summand(1, i)) +
                         (size == 3 ? Summand(2, i) : Summand(2, i) + Summand(3, i));
      backwards += !SameBits(down, want);
      around += !SameBits(ring, want);
      pairs += !SameBits(tree, want);
    }
    EXPECT_GT(backwards, 15) << size;
    EXPECT_GT(around, 15) << size;
    EXPECT_GT(pairs, size == 3 ? -1 : 15);
  }
}

TEST_F(Nccl, GathersUnevenColumnsBroadcastsAndPassesAlong) {
  for (int size : {1, 2, 3, 4}) {
    for (int64_t workspace : {64, 300, 1 << 20}) {  // row by row, some rows, all rows at once
      NcclOptions options;
      options.workspace_bytes = workspace;
      Ranks ranks = MakeNcclRanks(size, options);
      const std::vector<int64_t> all = {7, 16, 0, 5};
      const std::vector<int64_t> columns(all.begin(), all.begin() + size);
      int64_t total = 0;
      for (int64_t n : columns) total += n;
      constexpr int64_t kRows = 7;
      OnAllRanks(ranks, [&](NcclRank& c, Stream& stream) {
        for (int root = 0; root < size; ++root) {
          std::vector<float> local(kRows * columns[c.rank()]);
          for (size_t i = 0; i < local.size(); ++i)
            local[i] = static_cast<float>(1000 * c.rank() + i);
          std::vector<float> out(c.rank() == root ? kRows * total : 0, -1.0f);
          ASSERT_TRUE(c.GatherColumns(stream, root, local.data(), kRows, columns, out.data()).ok());
          if (c.rank() != root) continue;
          int64_t at = 0;
          for (int64_t row = 0; row < kRows; ++row) {
            for (int r = 0; r < size; ++r) {
              for (int64_t i = 0; i < columns[r]; ++i) {
                ASSERT_EQ(out[at++], static_cast<float>(1000 * r + row * columns[r] + i));
              }
            }
          }
        }
        for (int root = 0; root < size; ++root) {
          std::string data(1001, c.rank() == root ? 'a' + root : '-');
          ASSERT_TRUE(c.Broadcast(stream, root, data.data(), 1001).ok());
          ASSERT_EQ(data, std::string(1001, 'a' + root));
        }
        int token = 1;
        if (c.rank() > 0) {
          ASSERT_TRUE(c.ReceiveFromPrevious(stream, &token, sizeof(token)).ok());
          ++token;
        }
        if (c.rank() + 1 < size) {
          ASSERT_TRUE(c.SendToNext(stream, &token, sizeof(token)).ok());
        }
        ASSERT_EQ(token, c.rank() + 1);
      });
    }
  }
}

TEST_F(Nccl, TheEndsOfTheLineHaveNoNeighbour) {
  Ranks ranks = MakeNcclRanks(1);
  std::unique_ptr<Stream> stream = NewStream();
  int x = 0;
  EXPECT_TRUE(absl::IsInternal(ranks[0]->SendToNext(*stream, &x, 4)));
  EXPECT_TRUE(absl::IsInternal(ranks[0]->ReceiveFromPrevious(*stream, &x, 4)));
  EXPECT_TRUE(ranks[0]->AsyncError().ok());
}

TEST_F(Nccl, ACleanEndFinalisesAndDestroys) {
  MakeNcclRanks(3).clear();
  const FakeNcclCounts counts = Counts();
  EXPECT_EQ(counts.finalizes, 3);
  EXPECT_EQ(counts.destroys, 3);
  EXPECT_EQ(counts.aborts, 0);
}

TEST_F(Nccl, OptionsThatMakeNoSenseAreRefused) {
  NcclOptions options;
  options.rank = 2;
  options.size = 2;
  EXPECT_TRUE(absl::IsInvalidArgument(NcclRank::Create(options).status()));
  options.rank = 0;
  options.workspace_bytes = 31;
  const absl::Status status = NcclRank::Create(options).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_TRUE(absl::StrContains(status.message(), "at least 32")) << status;
  EXPECT_EQ(Counts().inits, 0);
}

TEST_F(Nccl, AnEnvironmentThatMakesNcclBlockIsRefused) {
  ASSERT_EQ(setenv("NCCL_COMM_BLOCKING", "1", 1), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(NcclRank::Create({}).status()));
  unsetenv("NCCL_COMM_BLOCKING");
  EXPECT_EQ(Counts().inits, 0);
}

// --- Connecting that fails.

TEST_F(Nccl, APeerThatDoesNotComeIsADeadline) {
  NcclOptions options;
  options.id = *FakeNccl()->NewUniqueId();
  options.size = 2;
  FastClock clock(options);
  clock.Run(true);
  const absl::Status status = NcclRank::Create(options).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_EQ(status.message(), "rank 0 of 2, connecting: not done within 10s");
  EXPECT_EQ(Counts().aborts, 1);
}

TEST_F(Nccl, AnInitialisationThatFailsAtOnceIsUnavailable) {
  FakeNcclFaults faults;
  faults.init_result = nccl::kSystemError;
  SetFaults(faults);
  const absl::Status status = NcclRank::Create({}).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "unhandled system error: the stand-in's last"))
      << status;
  EXPECT_EQ(Counts().aborts, 0) << "there is nothing to abort";
  SetFaults({});
}

TEST_F(Nccl, AnInitialisationThatFailsLaterIsUnavailable) {
  FakeNcclFaults faults;
  faults.init_async_result = nccl::kRemoteError;
  SetFaults(faults);
  const absl::Status status = NcclRank::Create({}).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "remote process exited")) << status;
  EXPECT_EQ(Counts().aborts, 1);
}

TEST_F(Nccl, ConnectingCanBeCancelled) {
  FakeNcclFaults faults;
  faults.init_hangs = true;
  SetFaults(faults);
  std::atomic<bool> cancelled{false};
  NcclOptions options;
  options.cancelled = &cancelled;
  std::thread canceller([&] {
    std::this_thread::sleep_for(milliseconds(20));
    cancelled = true;
  });
  EXPECT_TRUE(absl::IsCancelled(NcclRank::Create(options).status()));
  canceller.join();
  EXPECT_EQ(Counts().aborts, 1);
}

// --- Calls that fail.

// Makes two ranks of which rank 0 is struck in its second group, and returns what its second
// all-reduce gives. Rank 1 is there and takes part in the first only.
absl::Status SecondCall(const FakeNcclFaults& faults, bool time_flies = false) {
  SetFaults(faults);
  NcclOptions options;
  options.operation_limit = seconds(100);
  FastClock clock(options);
  Ranks ranks = MakeNcclRanks(2, options);
  absl::Status result;
  OnAllRanks(ranks, [&](NcclRank& c, Stream& stream) {
    float x = 1;
    EXPECT_TRUE(c.AllReduceSum(stream, &x, 1).ok());
    EXPECT_EQ(x, 2);
    if (c.rank() == 1) return;
    clock.Run(time_flies);
    result = c.AllReduceSum(stream, &x, 1);
    clock.Run(false);
    EXPECT_FALSE(result.ok());
    EXPECT_EQ(c.AsyncError(), result);
    // Every further call fails at once, and with the first reason.
    c.Abort(absl::InternalError("another reason"));
    EXPECT_EQ(c.AllReduceSum(stream, &x, 1), result);
    EXPECT_EQ(c.GatherColumns(stream, 0, &x, 1, {1, 0}, &x), result);
    EXPECT_EQ(c.Broadcast(stream, 0, &x, 4), result);
    EXPECT_EQ(c.SendToNext(stream, &x, 4), result);
    EXPECT_EQ(c.nccl().Wait(stream), result);
    EXPECT_EQ(c.nccl().BeforeAbort([] { ADD_FAILURE(); }), result);
  });
  ranks.clear();
  const FakeNcclCounts counts = Counts();
  EXPECT_EQ(counts.aborts, 1);
  EXPECT_EQ(counts.destroys, 1) << "the other rank's";
  return result;
}

FakeNcclFaults StruckIsRankZero() {
  FakeNcclFaults faults;
  faults.rank = 0;
  return faults;
}

TEST_F(Nccl, ADeadPeerInMidCollectiveIsUnavailableLongBeforeTheDeadline) {
  FakeNcclFaults faults = StruckIsRankZero();
  faults.peer_dies_in_group = 2;
  const auto start = std::chrono::steady_clock::now();
  const absl::Status status = SecondCall(faults);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(status.message(),
            "rank 0, an all-reduce: NCCL: remote process exited or there was a network error: the "
            "stand-in's last words");
}

TEST_F(Nccl, ALatePeerIsADeadline) {
  const absl::Status status = SecondCall({}, true);  // rank 1 does not come
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_EQ(status.message(), "rank 0 of 2, an all-reduce: not done within 1m40s");
}

TEST_F(Nccl, WhatNeverEndsOnTheStreamIsADeadline) {
  FakeNcclFaults faults = StruckIsRankZero();
  faults.group_never_ends = 2;
  EXPECT_TRUE(absl::IsDeadlineExceeded(SecondCall(faults, true)));
}

TEST_F(Nccl, WhatNeverGetsOntoTheStreamIsADeadline) {
  FakeNcclFaults faults = StruckIsRankZero();
  faults.group_never_launches = 2;
  EXPECT_TRUE(absl::IsDeadlineExceeded(SecondCall(faults, true)));
}

TEST_F(Nccl, ACallThatFailsIsUnavailable) {
  FakeNcclFaults faults = StruckIsRankZero();
  faults.group_call_fails = 2;
  const absl::Status status = SecondCall(faults);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "unhandled system error")) << status;
}

TEST_F(Nccl, WithoutWaitingInCallsWaitFindsADeadPeer) {
  FakeNcclFaults faults = StruckIsRankZero();
  faults.peer_dies_in_group = 1;
  SetFaults(faults);
  NcclOptions options;
  options.wait_in_calls = false;
  Ranks ranks = MakeNcclRanks(2, options);
  std::unique_ptr<Stream> stream = NewStream();
  float x = 1;
  absl::Status status = ranks[0]->AllReduceSum(*stream, &x, 1);
  if (status.ok()) status = ranks[0]->nccl().Wait(*stream);  // the death may be seen in either
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(Counts().aborts, 1);
}

TEST_F(Nccl, ABrokenDevicesStatusIsTheCalls) {
  Ranks ranks = MakeNcclRanks(2);
  ranks[0]->device().Break(absl::DataLossError("the device fell off the bus"));
  std::unique_ptr<Stream> stream = NewStream();
  // Static: a broken device does not say when it is through with this.
  static float x = 1;
  EXPECT_EQ(ranks[0]->AllReduceSum(*stream, &x, 1),
            absl::DataLossError("the device fell off the bus"));
}

TEST_F(Nccl, APeerThatIsLateAtTheEndIsNotWaitedForForever) {
  FakeNcclFaults faults = StruckIsRankZero();
  faults.finalize_hangs = true;
  SetFaults(faults);
  MakeNcclRanks(2, {}, [](NcclOptions& options) {
    options.finalize_limit = options.rank == 0 ? milliseconds(20) : seconds(60);
  }).clear();
  EXPECT_EQ(Counts().aborts, 1);
  EXPECT_EQ(Counts().destroys, 1);
}

// --- Abort.

TEST_F(Nccl, AbortFromAnotherThreadEndsAWait) {
  Ranks ranks = MakeNcclRanks(2);
  std::unique_ptr<Stream> stream = NewStream();
  absl::Status result;
  std::thread waiting([&] {
    float x = 1;
    result = ranks[0]->AllReduceSum(*stream, &x, 1);
  });
  std::this_thread::sleep_for(milliseconds(30));
  const auto start = std::chrono::steady_clock::now();
  ranks[0]->Abort(absl::UnavailableError("epoch over"));
  waiting.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(2));
  EXPECT_EQ(result, absl::UnavailableError("epoch over"));
}

TEST_F(Nccl, ManyAbortsAreOne) {
  Ranks ranks = MakeNcclRanks(2);
  std::unique_ptr<Stream> stream = NewStream();
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    float x = 1;
    EXPECT_FALSE(ranks[0]->AllReduceSum(*stream, &x, 1).ok());
  });
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { ranks[0]->Abort(absl::CancelledError("enough")); });
  }
  for (std::thread& thread : threads) thread.join();
  ranks[0]->Abort(absl::OkStatus());
  EXPECT_EQ(ranks[0]->AsyncError(), absl::CancelledError("enough"));
  ranks.clear();
  EXPECT_EQ(Counts().aborts, 1);
  EXPECT_EQ(Counts().destroys, 1);
}

TEST_F(Nccl, CallbacksRunBeforeTheAbort) {
  Ranks ranks = MakeNcclRanks(1);
  std::atomic<int> first{-1}, second{-1};
  EXPECT_TRUE(ranks[0]->nccl().BeforeAbort([&] { first = Counts().aborts; }).ok());
  EXPECT_TRUE(ranks[0]->nccl().BeforeAbort([&] { second = Counts().aborts; }).ok());
  ranks[0]->Abort(absl::CancelledError("enough"));
  ranks.clear();
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 0);
  EXPECT_EQ(Counts().aborts, 1);
}

TEST_F(Nccl, CallbacksDoNotRunAtACleanEnd) {
  Ranks ranks = MakeNcclRanks(1);
  EXPECT_TRUE(ranks[0]->nccl().BeforeAbort([] { ADD_FAILURE(); }).ok());
}

TEST_F(Nccl, TheNextEpochWorks) {
  std::unique_ptr<Stream> stream = NewStream();
  for (int epoch = 0; epoch < 3; ++epoch) {
    Ranks ranks = MakeNcclRanks(2);
    OnAllRanks(ranks, [&](NcclRank& c, Stream& own) {
      float x = 1;
      EXPECT_TRUE(c.AllReduceSum(own, &x, 1).ok());
      EXPECT_EQ(x, 2);
    });
    std::thread waiting([&] {
      float x = 1;
      EXPECT_FALSE(ranks[1]->AllReduceSum(*stream, &x, 1).ok());
    });
    for (auto& rank : ranks) rank->Abort(absl::UnavailableError("epoch over"));
    waiting.join();
  }
  EXPECT_EQ(Counts().aborts, 6);
  EXPECT_EQ(Counts().destroys, 0);
}

// What on_abort_hangs is told, in production the process's last words.
class Stories {
 public:
  void PutInto(NcclOptions& options) {
    options.abort_limit = milliseconds(50);
    options.on_abort_hangs = [this](const std::string& story) {
      std::lock_guard<std::mutex> lock(mu_);
      stories_.push_back(story);
    };
  }
  std::vector<std::string> told() const {
    std::lock_guard<std::mutex> lock(mu_);
    return stories_;
  }

 private:
  mutable std::mutex mu_;
  std::vector<std::string> stories_;
};

TEST_F(Nccl, AnAbortThatHangsIsReported) {
  FakeNcclFaults faults;
  faults.abort_hangs = true;
  SetFaults(faults);
  Stories stories;
  NcclOptions options;
  stories.PutInto(options);
  Ranks ranks = MakeNcclRanks(1, options);
  ranks[0]->Abort(absl::UnavailableError("rank 1 is gone"));  // returns all the same
  ranks.clear();
  ASSERT_EQ(stories.told().size(), 1u);
  const std::string story = stories.told()[0];
  EXPECT_TRUE(absl::StartsWith(story, "NCCL 2.28.9 (")) << story;
  EXPECT_TRUE(absl::StrContains(story, "rank 0 of 1: aborting has not ended within 50ms")) << story;
  EXPECT_TRUE(absl::StrContains(story, "rank 1 is gone")) << story;
}

TEST_F(Nccl, ACallbackThatHangsIsReported) {
  Stories stories;
  NcclOptions options;
  stories.PutInto(options);
  auto release = std::make_shared<std::atomic<bool>>(false);
  Ranks ranks = MakeNcclRanks(1, options);
  EXPECT_TRUE(ranks[0]
                  ->nccl()
                  .BeforeAbort([release] {
                    while (!release->load()) std::this_thread::sleep_for(milliseconds(1));
                  })
                  .ok());
  ranks[0]->Abort(absl::CancelledError("enough"));
  ranks.clear();
  EXPECT_EQ(stories.told().size(), 1u);
  release->store(true);
  while (Counts().aborts == 0) std::this_thread::sleep_for(milliseconds(1));
}

// A call that NCCL keeps in spite of everything keeps the abort from its turn, too.
TEST_F(Nccl, ACallThatNcclDoesNotReturnFromIsReported) {
  FakeNcclFaults faults;
  faults.group_call_hangs = 1;
  SetFaults(faults);
  Stories stories;
  NcclOptions options;
  stories.PutInto(options);
  Ranks ranks = MakeNcclRanks(2, options);
  std::unique_ptr<Stream> stream = NewStream();
  absl::Status result;
  std::thread waiting([&] {
    float x = 1;
    result = ranks[0]->AllReduceSum(*stream, &x, 1);
  });
  std::this_thread::sleep_for(milliseconds(20));
  ranks[0]->Abort(absl::UnavailableError("epoch over"));
  while (stories.told().empty()) std::this_thread::sleep_for(milliseconds(1));
  EndHangs();
  waiting.join();
  EXPECT_EQ(result, absl::UnavailableError("epoch over"));
  while (Counts().aborts == 0) std::this_thread::sleep_for(milliseconds(1));
  ranks.clear();
  EXPECT_EQ(stories.told().size(), 1u);
}

TEST(NcclDeathTest, InProductionAHangEndsTheProcess) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(ExitBecauseOfHang("what happened"), ::testing::ExitedWithCode(1), "what happened");
}

}  // namespace
}  // namespace baton
