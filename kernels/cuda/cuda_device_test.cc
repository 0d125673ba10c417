// A GPU as a Device, on the emulator: memory, copies, and how failures come out.
#include "kernels/cuda/cuda_device.h"

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "kernels/cuda/cuda_status.h"
#include "kernels/device.h"

namespace baton {
namespace {

class CudaDeviceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto device = CudaDevice::Open(0);
    ASSERT_TRUE(device.ok()) << device.status();
    device_ = *std::move(device);
    stream_ = *device_->NewStream();
  }
  void TearDown() override {
    emulator::Heal();
    emulator::SetDeviceMemory(size_t{1} << 30);
  }
  std::vector<uint8_t> Read(const void* from, int64_t bytes) {
    std::vector<uint8_t> to(static_cast<size_t>(bytes), uint8_t{0xEE});
    EXPECT_TRUE(device_->CopyToHost(*stream_, to.data(), from, bytes).ok());
    EXPECT_TRUE(stream_->Synchronize().ok());
    return to;
  }
  std::unique_ptr<CudaDevice> device_;
  std::unique_ptr<Stream> stream_;
};

TEST_F(CudaDeviceTest, SaysWhatItIs) {
  EXPECT_EQ(CudaDevice::Count(), 1);
  EXPECT_EQ(device_->kind(), "sm90-132sm");
  EXPECT_EQ(device_->name(), "emulated");
  EXPECT_EQ(device_->num_multiprocessors(), 132);
  EXPECT_EQ(device_->TotalMemory(), int64_t{1} << 30);
}

TEST_F(CudaDeviceTest, ADeviceThatIsNotThere) {
  for (int index : {-1, 1}) {
    const absl::Status status = CudaDevice::Open(index).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(absl::StrContains(status.message(), "this process sees 1")) << status;
  }
}

TEST_F(CudaDeviceTest, MemoryIsZeroedAndGivenBack) {
  const int64_t free = device_->FreeMemory();
  for (int round = 0; round < 2; ++round) {
    absl::StatusOr<Buffer> buffer = device_->Allocate(5000, "a test");
    ASSERT_TRUE(buffer.ok()) << buffer.status();
    EXPECT_EQ(buffer->size(), 5000);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->data()) % 64, 0u);
    EXPECT_EQ(Read(buffer->data(), 5000), std::vector<uint8_t>(5000));
    EXPECT_LE(device_->FreeMemory(), free - 5000);
    const std::vector<uint8_t> ones(5000, 1);
    ASSERT_TRUE(device_->CopyToDevice(*stream_, buffer->data(), ones.data(), 5000).ok());
    EXPECT_EQ(Read(buffer->data(), 5000), ones);
    Buffer moved = *std::move(buffer);
    EXPECT_EQ(Read(moved.data() + 4999, 1), std::vector<uint8_t>(1, 1));
  }
  EXPECT_EQ(device_->FreeMemory(), free);
  const absl::StatusOr<Buffer> none = device_->Allocate(0, "nothing");
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->size(), 0);
}

TEST_F(CudaDeviceTest, WithoutMemoryItSaysWhatWasWantedAndWhatThereIs) {
  emulator::SetDeviceMemory(8192);
  const absl::Status status = device_->Allocate(10000, "the cache").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(),
            "the cache: 10000 bytes of GPU memory are wanted, 8192 of 8192 are free");
  EXPECT_TRUE(device_->Allocate(8192, "the cache").ok());  // and can go on
  EXPECT_TRUE(stream_->Synchronize().ok());
}

TEST_F(CudaDeviceTest, CopiesRunInTheOrderOfTheirStream) {
  const Buffer buffer = *device_->Allocate(16, "a test");
  PinnedBuffer pinned = *PinnedBuffer::Create(32);
  EXPECT_EQ(pinned.size(), 32);
  std::memset(pinned.data(), 7, 32);
  ASSERT_TRUE(device_->CopyToDevice(*stream_, buffer.data(), pinned.data(), 16).ok());
  ASSERT_TRUE(device_->CopyToHost(*stream_, pinned.data() + 16, buffer.data(), 16).ok());
  std::memset(pinned.data(), 8, 16);  // too soon: the copy has not run
  ASSERT_TRUE(stream_->Synchronize().ok());
  EXPECT_EQ(pinned.data()[31], 8);
  PinnedBuffer moved = std::move(pinned);
  EXPECT_EQ(moved.data()[0], 8);
}

TEST_F(CudaDeviceTest, ACopyTheWrongWayIsAnInvalidArgument) {
  const Buffer buffer = *device_->Allocate(16, "a test");
  uint8_t host[16] = {};
  const absl::Status status = device_->CopyToDevice(*stream_, host, buffer.data(), 16);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "copying to the GPU: cudaErrorInvalidValue"))
      << status;
}

TEST_F(CudaDeviceTest, AFaultSurfacesWhereItIsWaitedForAndStays) {
  const Buffer buffer = *device_->Allocate(16, "a test");
  uint8_t host[16] = {};
  emulator::FailNextWork(cudaErrorIllegalAddress);
  EXPECT_TRUE(device_->CopyToHost(*stream_, host, buffer.data(), 16).ok());  // accepted
  for (int i = 0; i < 2; ++i) {
    const absl::Status status = stream_->Synchronize();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_TRUE(absl::StrContains(status.message(), "waiting for the GPU: cudaErrorIllegalAddress"))
        << status;
  }
  EXPECT_EQ(device_->CopyToHost(*stream_, host, buffer.data(), 16).code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(device_->Allocate(16, "more").status().code(), absl::StatusCode::kInternal);
}

TEST(CudaStatus, NamesTheKindOfEachError) {
  EXPECT_TRUE(CudaStatus(cudaSuccess, "x").ok());
  const struct {
    cudaError_t error;
    absl::StatusCode code;
    bool sticky;
  } kErrors[] = {
      {cudaErrorInvalidValue, absl::StatusCode::kInvalidArgument, false},
      {cudaErrorInvalidConfiguration, absl::StatusCode::kInvalidArgument, false},
      {cudaErrorMemoryAllocation, absl::StatusCode::kResourceExhausted, false},
      {cudaErrorNoDevice, absl::StatusCode::kUnavailable, false},
      {cudaErrorInvalidDevice, absl::StatusCode::kUnavailable, false},
      {cudaErrorNotReady, absl::StatusCode::kInternal, false},
      {cudaErrorIllegalAddress, absl::StatusCode::kInternal, true},
      {cudaErrorLaunchFailure, absl::StatusCode::kInternal, true},
      {cudaErrorStreamCaptureInvalidated, absl::StatusCode::kInternal, true},
  };
  EXPECT_FALSE(IsSticky(cudaSuccess));
  for (const auto& e : kErrors) {
    const absl::Status status = CudaStatus(e.error, "doing it");
    EXPECT_EQ(status.code(), e.code) << status;
    EXPECT_EQ(IsSticky(e.error), e.sticky) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "doing it: cudaError")) << status;
  }
}

}  // namespace
}  // namespace baton
