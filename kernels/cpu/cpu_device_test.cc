#include "kernels/cpu/cpu_device.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

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

TEST(CpuDevice, RefusesMoreThanThereIs) {
  CpuDevice device;
  const absl::StatusOr<Buffer> buffer = device.Allocate(device.TotalMemory() * 4, "The weights");
  ASSERT_FALSE(buffer.ok());
  EXPECT_EQ(buffer.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(buffer.status().message().find("The weights"), absl::string_view::npos);
}

}  // namespace
}  // namespace baton
