#include "worker/comm/testing/nccl_ranks.h"

#include <thread>
#include <utility>

#include "common/dynamic_library.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

constexpr char kPath[] = "worker/comm/testing/libfake_nccl.so";

template <typename Function>
Function ControlFunction(const char* name) {
  return reinterpret_cast<Function>(*DynamicLibrary::Open({kPath})->Symbol(name));
}

void Set(const FakeNcclFaults& faults, bool reset_counts) {
  ControlFunction<FakeNcclSetFaultsFn>(kFakeNcclSetFaults)(&faults, reset_counts);
}

}  // namespace

std::shared_ptr<const NcclLibrary> FakeNccl() {
  absl::StatusOr<std::shared_ptr<const NcclLibrary>> library = NcclLibrary::Open(kPath);
  EXPECT_TRUE(library.ok()) << library.status();
  return *library;
}

void SetFaults(const FakeNcclFaults& faults) { Set(faults, true); }

void EndHangs() { Set(FakeNcclFaults(), false); }

FakeNcclCounts Counts() {
  FakeNcclCounts counts;
  ControlFunction<FakeNcclGetCountsFn>(kFakeNcclGetCounts)(&counts);
  return counts;
}

absl::StatusOr<std::unique_ptr<NcclRank>> NcclRank::Create(const NcclOptions& options) {
  auto rank = std::make_unique<NcclRank>();
  absl::StatusOr<std::unique_ptr<NcclCommunicator>> communicator =
      NcclCommunicator::Create(FakeNccl(), options, &rank->device_, &rank->comm_device_);
  if (!communicator.ok()) return communicator.status();
  rank->communicator_ = *std::move(communicator);
  return rank;
}

std::vector<std::unique_ptr<NcclRank>> MakeNcclRanks(
    int size, const NcclOptions& options, const std::function<void(NcclOptions&)>& change) {
  const nccl::UniqueId id = *FakeNccl()->NewUniqueId();
  std::vector<std::unique_ptr<NcclRank>> ranks(size);
  std::vector<std::thread> threads;
  for (int r = 0; r < size; ++r) {
    threads.emplace_back([&, r] {
      NcclOptions own = options;
      own.id = id;
      own.rank = r;
      own.size = size;
      if (change) change(own);
      absl::StatusOr<std::unique_ptr<NcclRank>> rank = NcclRank::Create(own);
      ASSERT_TRUE(rank.ok()) << rank.status();
      ranks[r] = *std::move(rank);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return ranks;
}

}  // namespace baton
