#include "kernels/cpu/cpu_device.h"

#include <sys/mman.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <limits>
#include <vector>

#include "gtest/gtest.h"

namespace baton {
namespace {

constexpr int64_t kMiB = 1 << 20;

// Tells a machine's free memory as a test likes, and counts what was given back.
class ScriptedDevice : public CpuDevice {
 public:
  ScriptedDevice(std::function<int64_t(int call)> free_memory,
                 const std::atomic<bool>* cancelled = nullptr)
      : CpuDevice(cancelled), free_memory_(std::move(free_memory)) {}
  int64_t FreeMemory() const override { return free_memory_(calls_++); }
  int calls() const { return calls_; }

 private:
  const std::function<int64_t(int call)> free_memory_;
  mutable int calls_ = 0;
};

// The bytes of this process that are in memory.
int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * 4096;
}

TEST(CpuDevice, GivesZeroedAlignedMemoryAndTakesItBack) {
  CpuDevice device;
  for (int i = 0; i < 100; ++i) {
    absl::StatusOr<Buffer> buffer = device.Allocate(5 << 20, "weights");
    ASSERT_TRUE(buffer.ok());
    EXPECT_GE(buffer->size(), 5 << 20);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->data()) % 64, 0u);
    EXPECT_EQ(buffer->data()[0], 0);
    EXPECT_EQ(buffer->data()[buffer->size() - 1], 0);
    buffer->data()[0] = 1;
    Buffer moved = *std::move(buffer);
    EXPECT_EQ(moved.data()[0], 1);
  }
}

TEST(CpuDevice, ThePagesAreThereBeforeTheirFirstUse) {
  CpuDevice device;
  for (const int64_t bytes : {2 * kMiB, 70 * kMiB}) {
    const absl::StatusOr<Buffer> buffer = device.Allocate(bytes, "The blocks");
    ASSERT_TRUE(buffer.ok()) << buffer.status();
    std::vector<unsigned char> resident(buffer->size() / 4096);
    ASSERT_EQ(mincore(buffer->data(), buffer->size(), resident.data()), 0);
    for (const unsigned char page : resident) ASSERT_EQ(page & 1, 1);
  }
}

// Each of two processes had room when it began; together they have not.
TEST(CpuDevice, StopsWhenOthersTakeTheMemoryMeanwhile) {
  const auto shrinking = [](int call) { return (400 - 60 * call) * kMiB; };
  ScriptedDevice device(shrinking);
  const int64_t before = ResidentBytes();
  const absl::StatusOr<Buffer> buffer = device.Allocate(300 * kMiB, "The blocks");
  EXPECT_EQ(buffer.status().code(), absl::StatusCode::kResourceExhausted) << buffer.status();
  // At the fourth look 64 MiB are taken, and 220 are left for the 236 that are missing.
  EXPECT_EQ(std::string(buffer.status().message()),
            "The blocks need 300.0 MiB of memory, and 284.0 MiB are available");
  EXPECT_EQ(device.calls(), 4);
  EXPECT_LT(ResidentBytes() - before, 50 * kMiB) << "what was populated is not given back";
}

TEST(CpuDevice, CancellingEndsAnAllocation) {
  std::atomic<bool> cancelled{false};
  ScriptedDevice device(
      [&](int call) {
        if (call == 3) cancelled.store(true);
        return 1000 * kMiB;
      },
      &cancelled);
  const int64_t before = ResidentBytes();
  EXPECT_TRUE(absl::IsCancelled(device.Allocate(500 * kMiB, "The blocks").status()));
  EXPECT_EQ(device.calls(), 4);
  EXPECT_LT(ResidentBytes() - before, 50 * kMiB);
}

TEST(CpuDevice, RefusesMoreThanANumberCanSay) {
  CpuDevice device;
  const absl::StatusOr<Buffer> buffer =
      device.Allocate(std::numeric_limits<int64_t>::max(), "The blocks");
  EXPECT_EQ(buffer.status().code(), absl::StatusCode::kResourceExhausted) << buffer.status();
}

TEST(CpuDevice, RefusesMoreThanThereIs) {
  CpuDevice device;
  const absl::StatusOr<Buffer> buffer = device.Allocate(device.TotalMemory() * 4, "The weights");
  ASSERT_FALSE(buffer.ok());
  EXPECT_EQ(buffer.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(buffer.status().message().find("The weights"), absl::string_view::npos);
}

}  // namespace
}  // namespace baton
