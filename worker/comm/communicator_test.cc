// The same cases for every communicator.
#include "worker/comm/communicator.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <functional>
#include <numeric>
#include <thread>

#include "gtest/gtest.h"
#include "kernels/cpu/cpu_device.h"
#include "worker/comm/nccl_options.h"
#include "worker/comm/segment_communicator.h"
#include "worker/comm/shm_communicator.h"
#include "worker/comm/single_communicator.h"
#include "worker/comm/testing/nccl_ranks.h"
#include "worker/comm/testing/summands.h"

namespace baton {
namespace {

std::vector<std::unique_ptr<Communicator>> MakeShm(int size, const std::string& name,
                                                   absl::Duration timeout) {
  std::vector<std::unique_ptr<Communicator>> all(size);
  std::vector<std::thread> threads;
  for (int r = 0; r < size; ++r) {
    threads.emplace_back([&, r] {
      ShmOptions options;
      options.rendezvous = name + std::to_string(getpid());
      options.rank = r;
      options.operation_timeout = timeout;
      for (int i = 0; i < size; ++i) options.incarnations.push_back(1000 + i);
      absl::StatusOr<std::unique_ptr<Communicator>> c = ConnectShm(options);
      ASSERT_TRUE(c.ok()) << c.status();
      all[r] = *std::move(c);
    });
  }
  for (std::thread& t : threads) t.join();
  return all;
}

// Over a stand-in for NCCL and for the GPUs.
std::vector<std::unique_ptr<Communicator>> MakeNccl(int size, absl::Duration timeout) {
  NcclOptions options;
  options.operation_limit = absl::ToChronoNanoseconds(timeout);
  options.workspace_bytes = 256 << 10;
  options.large_message_bytes = 100 << 10;
  std::vector<std::unique_ptr<Communicator>> all;
  for (auto& rank : MakeNcclRanks(size, options)) all.push_back(std::move(rank));
  return all;
}

enum class Kind { kLocal, kShm, kNccl };

class Communicators : public ::testing::TestWithParam<Kind> {
 protected:
  std::vector<std::unique_ptr<Communicator>> Make(int size,
                                                  absl::Duration timeout = absl::Seconds(20)) {
    static int count = 0;
    switch (GetParam()) {
      case Kind::kLocal:
        return MakeLocalCommunicators(size, timeout);
      case Kind::kShm:
        return MakeShm(size, "test" + std::to_string(count++) + ".", timeout);
      case Kind::kNccl:
        return MakeNccl(size, timeout);
    }
    return {};
  }
  static void OnAllRanks(std::vector<std::unique_ptr<Communicator>>& all,
                         const std::function<void(Communicator&, Stream&)>& fn) {
    std::vector<std::thread> threads;
    for (auto& c : all) {
      threads.emplace_back([&] {
        CpuDevice device;
        std::unique_ptr<Stream> stream = *device.NewStream();
        fn(*c, *stream);
      });
    }
    for (std::thread& t : threads) t.join();
  }
};

TEST_P(Communicators, SumsInRankOrderWhateverTheSize) {
  for (int size : {2, 3, 4}) {
    auto all = Make(size);
    for (int64_t count : {1, 576, 70000, 200000}) {
      OnAllRanks(all, [&](Communicator& c, Stream& stream) {
        for (int round = 0; round < 3; ++round) {
          std::vector<float> data(count);
          for (int64_t i = 0; i < count; ++i) data[i] = Summand(c.rank(), i);
          ASSERT_TRUE(c.AllReduceSum(stream, data.data(), count).ok());
          for (int64_t i = 0; i < count; ++i) ASSERT_EQ(data[i], SumInRankOrder(size, i));
        }
      });
    }
  }
}

TEST_P(Communicators, GathersUnevenColumns) {
  const std::vector<int64_t> columns = {40000, 16, 30001};
  auto all = Make(3);
  for (int root : {0, 2}) {
    OnAllRanks(all, [&](Communicator& c, Stream& stream) {
      constexpr int64_t kRows = 5;
      std::vector<float> local(kRows * columns[c.rank()]),
          out(c.rank() == root ? kRows * 70017 : 0);
      std::iota(local.begin(), local.end(), c.rank() * 1e6f);
      ASSERT_TRUE(c.GatherColumns(stream, root, local.data(), kRows, columns, out.data()).ok());
      if (c.rank() != root) return;
      for (int64_t row = 0; row < kRows; ++row) {
        int64_t offset = 0;
        for (int r = 0; r < 3; ++r) {
          for (int64_t i = 0; i < columns[r]; ++i) {
            ASSERT_EQ(out[row * 70017 + offset + i],
                      r * 1e6f + static_cast<float>(row * columns[r] + i));
          }
          offset += columns[r];
        }
      }
    });
  }
}

TEST_P(Communicators, BroadcastsAndPassesAlongInOrder) {
  auto all = Make(3);
  OnAllRanks(all, [&](Communicator& c, Stream& stream) {
    for (int round = 0; round < 50; ++round) {
      std::vector<int> data(round == 7 ? 200000 : 3, c.rank() == 2 ? round : -1);
      ASSERT_TRUE(c.Broadcast(stream, 2, data.data(), data.size() * 4).ok());
      ASSERT_EQ(data.back(), round);
    }
    for (int round = 0; round < 50; ++round) {
      std::vector<int> data(round == 7 ? 200000 : 5, round);
      if (c.rank() > 0) {
        data.assign(data.size(), -1);
        ASSERT_TRUE(c.ReceiveFromPrevious(stream, data.data(), data.size() * 4).ok());
        ASSERT_EQ(data.back(), round + c.rank() - 1);
        for (int& x : data) ++x;
      }
      if (c.rank() < 2) ASSERT_TRUE(c.SendToNext(stream, data.data(), data.size() * 4).ok());
    }
  });
}

TEST_P(Communicators, AMissingPeerIsAStatusWithinTheTimeLimit) {
  auto all = Make(2, absl::Milliseconds(100));
  CpuDevice device;
  std::unique_ptr<Stream> stream = *device.NewStream();
  float x = 1;
  EXPECT_EQ(all[0]->AllReduceSum(*stream, &x, 1).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(all[0]->AsyncError().ok());
  // Both are of no more use.
  EXPECT_FALSE(all[0]->AllReduceSum(*stream, &x, 1).ok());
  EXPECT_FALSE(all[1]->AllReduceSum(*stream, &x, 1).ok());
}

TEST_P(Communicators, AbortEndsAWaitAtOnce) {
  auto all = Make(2);
  absl::Status result;
  std::thread waiting([&] {
    CpuDevice device;
    std::unique_ptr<Stream> stream = *device.NewStream();
    float x = 1;
    result = all[0]->AllReduceSum(*stream, &x, 1);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  const auto start = std::chrono::steady_clock::now();
  all[0]->Abort(absl::UnavailableError("epoch over"));
  waiting.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(result.message(), "epoch over");
}

std::string NameOf(const ::testing::TestParamInfo<Kind>& info) {
  constexpr const char* kNames[] = {"Local", "Shm", "Nccl"};
  return kNames[static_cast<int>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(All, Communicators,
                         ::testing::Values(Kind::kLocal, Kind::kShm, Kind::kNccl), NameOf);

TEST(Shm, NamesThePeerThatDidNotCome) {
  ShmOptions options;
  options.rendezvous = "nobody" + std::to_string(getpid());
  options.incarnations = {1, 2};
  options.connect_timeout = absl::Milliseconds(50);
  EXPECT_NE(ConnectShm(options).status().message().find("rank 1"), absl::string_view::npos);
  options.rank = 1;
  EXPECT_NE(ConnectShm(options).status().message().find("rank 0"), absl::string_view::npos);
}

TEST(Shm, RefusesAnIncarnationThatIsNotExpected) {
  ShmOptions zero;
  zero.rendezvous = "stale" + std::to_string(getpid());
  zero.incarnations = {1, 2};
  zero.connect_timeout = absl::Milliseconds(300);
  ShmOptions stale = zero;
  stale.rank = 1;
  stale.incarnations = {1, 99};
  std::thread peer([&] { EXPECT_FALSE(ConnectShm(stale).ok()); });
  EXPECT_FALSE(ConnectShm(zero).ok());
  peer.join();
}

TEST(Shm, ARendezvousTooLongIsRefusedAtOnce) {
  ShmOptions options;
  options.rendezvous = std::string(91, 'x');
  options.incarnations = {1, 2};
  const absl::StatusOr<std::unique_ptr<Communicator>> c = ConnectShm(options);
  EXPECT_EQ(c.status().code(), absl::StatusCode::kInvalidArgument) << c.status();
  EXPECT_NE(c.status().message().find("91"), absl::string_view::npos) << c.status();
}

// The longest differ in their last byte: nothing of them is cut.
TEST(Shm, TheLongestRendezvousMeetsItsOwn) {
  ShmOptions zero;
  zero.rendezvous = std::to_string(getpid());
  zero.rendezvous.resize(90, 'x');
  zero.incarnations = {1, 2};
  zero.connect_timeout = absl::Milliseconds(300);
  ShmOptions one = zero;
  one.rank = 1;
  ShmOptions other = one;
  other.rendezvous.back() = 'y';
  std::thread stranger([&] { EXPECT_TRUE(absl::IsDeadlineExceeded(ConnectShm(other).status())); });
  std::thread peer([&] { EXPECT_TRUE(ConnectShm(one).ok()); });
  EXPECT_TRUE(ConnectShm(zero).ok());
  peer.join();
  stranger.join();
}

sockaddr_un AddressOf(const std::string& rendezvous, socklen_t* length) {
  const std::string name = "baton/" + rendezvous;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  *length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return address;
}

// A rank 0 that takes connections and then says nothing.
class SilentRankZero {
 public:
  explicit SilentRankZero(const std::string& rendezvous)
      : fd_(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    socklen_t length;
    const sockaddr_un address = AddressOf(rendezvous, &length);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), length), 0);
    EXPECT_EQ(listen(fd_, 2), 0);
  }
  ~SilentRankZero() { close(fd_); }

 private:
  const int fd_;
};

// A signal, which ends a poll early, neither ends the wait nor makes it last for ever.
TEST(Shm, ASignalDoesNotChangeHowLongAWaitLasts) {
  struct sigaction action = {};
  action.sa_handler = [](int) {};  // without SA_RESTART
  ASSERT_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
  ShmOptions options;
  options.rendezvous = "signal" + std::to_string(getpid());
  options.incarnations = {1, 2};
  options.rank = 1;
  options.connect_timeout = absl::Milliseconds(300);
  auto silent = std::make_unique<SilentRankZero>(options.rendezvous);
  std::atomic<bool> ended{false};
  absl::Status status;
  const auto start = std::chrono::steady_clock::now();
  std::thread waiting([&] {
    status = ConnectShm(options).status();
    ended.store(true);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  pthread_kill(waiting.native_handle(), SIGUSR1);
  const auto lasts = [&] { return std::chrono::steady_clock::now() - start; };
  while (!ended.load() && lasts() < std::chrono::seconds(5)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_TRUE(ended.load()) << "it waits for ever";
  EXPECT_GE(lasts(), std::chrono::milliseconds(300));
  silent.reset();  // ends even a wait that has no end
  waiting.join();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
}

// Rank 0 listens to somebody who says nothing.
TEST(Shm, CancellingEndsConnectingAtOnce) {
  std::atomic<bool> cancelled{false};
  ShmOptions options;
  options.rendezvous = "cancel" + std::to_string(getpid());
  options.incarnations = {1, 2};
  options.cancelled = &cancelled;
  absl::Status status;
  std::thread waiting([&] { status = ConnectShm(options).status(); });
  socklen_t length;
  const sockaddr_un address = AddressOf(options.rendezvous, &length);
  const int mute = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  while (connect(mute, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const auto start = std::chrono::steady_clock::now();
  cancelled.store(true);
  waiting.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(400));
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  close(mute);
}

TEST(Shm, CrossesProcessesAndSurvivesAKill) {
  ShmOptions options;
  options.rendezvous = "fork" + std::to_string(getpid());
  options.incarnations = {1, 2};
  options.operation_timeout = absl::Seconds(1);
  const pid_t child = fork();
  if (child == 0) {
    options.rank = 1;
    auto c = ConnectShm(options);
    CpuDevice device;
    std::unique_ptr<Stream> stream = *device.NewStream();
    float x = 2;
    if (c.ok() && (*c)->AllReduceSum(*stream, &x, 1).ok() && x == 3) kill(getpid(), SIGKILL);
    _exit(1);
  }
  auto c = ConnectShm(options);
  ASSERT_TRUE(c.ok()) << c.status();
  CpuDevice device;
  std::unique_ptr<Stream> stream = *device.NewStream();
  float x = 1;
  EXPECT_TRUE((*c)->AllReduceSum(*stream, &x, 1).ok());
  EXPECT_EQ(x, 3);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child did not get as far as its own kill";
  EXPECT_EQ((*c)->AllReduceSum(*stream, &x, 1).code(), absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace baton
