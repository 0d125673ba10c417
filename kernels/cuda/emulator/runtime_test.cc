// The emulator's runtime: work is late, the host does not touch a device's memory, and what a
// device would refuse is refused.
#include <cuda_runtime.h>

#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/cuda/emulator/asan.h"

namespace baton {
namespace {

using emulator::Dim;

void SomeKernel(int) {}
void OtherKernel(int) {}

template <typename Kernel>
const void* Key(Kernel* kernel) {
  return reinterpret_cast<const void*>(kernel);
}

class Runtime : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess);
    ASSERT_EQ(cudaMalloc(&memory_, kBytes), cudaSuccess);
    ASSERT_EQ(cudaMallocHost(&pinned_, kBytes), cudaSuccess);
    std::memset(pinned_, 0, kBytes);
  }
  void TearDown() override {
    emulator::Heal();
    EXPECT_EQ(cudaStreamDestroy(stream_), cudaSuccess);
    EXPECT_EQ(cudaFree(memory_), cudaSuccess);
    EXPECT_EQ(cudaFreeHost(pinned_), cudaSuccess);
    emulator::SetDeviceMemory(size_t{1} << 30);
  }

  // Enqueues ++ of the device's first int.
  void Increment(cudaStream_t stream) {
    int* const counter = static_cast<int*>(memory_);
    emulator::Launch(Key(SomeKernel), Dim(1), Dim(32), 0, stream, [counter] {
      if (emulator::Lane() == 0) ++*counter;
    });
  }
  int Get() {
    int value = -1;
    cudaMemcpyAsync(&value, memory_, sizeof(value), cudaMemcpyDeviceToHost, stream_);
    EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
    return value;
  }
  void Set(int value) {
    EXPECT_EQ(cudaMemcpyAsync(memory_, &value, sizeof(value), cudaMemcpyHostToDevice, stream_),
              cudaSuccess);
  }
  // What a launch of so many threads and so much shared memory gives.
  cudaError_t Launch(Dim grid, Dim block, size_t shared_bytes = 0) {
    emulator::Launch(Key(OtherKernel), grid, block, shared_bytes, stream_, [] {});
    return cudaGetLastError();
  }

  static constexpr size_t kBytes = 4096;
  cudaStream_t stream_ = nullptr;
  void* memory_ = nullptr;
  void* pinned_ = nullptr;
};

TEST_F(Runtime, WorkRunsWhenItIsWaitedFor) {
  Set(5);
  const uint64_t launches = emulator::NumLaunches();
  Increment(stream_);
  EXPECT_EQ(emulator::NumLaunches(), launches);
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_EQ(emulator::NumLaunches(), launches + 1);
  EXPECT_EQ(Get(), 6);
}

TEST_F(Runtime, APinnedSourceIsReadLateAndAPageableOneAtOnce) {
  int& pinned = *static_cast<int*>(pinned_);
  pinned = 1;
  ASSERT_EQ(cudaMemcpyAsync(memory_, pinned_, 4, cudaMemcpyHostToDevice, stream_), cudaSuccess);
  pinned = 2;
  EXPECT_EQ(Get(), 2);
  int pageable = 1;
  ASSERT_EQ(cudaMemcpyAsync(memory_, &pageable, 4, cudaMemcpyHostToDevice, stream_), cudaSuccess);
  pageable = 2;
  EXPECT_EQ(Get(), 1);
}

TEST_F(Runtime, CopiesOfLinesLeaveWhatIsBetweenThem) {
  ASSERT_EQ(cudaMemsetAsync(memory_, '.', 20, stream_), cudaSuccess);
  ASSERT_EQ(cudaMemcpy2DAsync(memory_, 8, "abcdef", 3, 2, 2, cudaMemcpyHostToDevice, stream_),
            cudaSuccess);
  char got[13] = {};
  ASSERT_EQ(cudaMemcpyAsync(got, memory_, 12, cudaMemcpyDeviceToHost, stream_), cudaSuccess);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  EXPECT_STREQ(got, "ab......de..");
}

TEST_F(Runtime, CopiesInAWrongDirectionAreRefused) {
  char host[16] = {};
  const cudaMemcpyKind kinds[] = {cudaMemcpyHostToHost, cudaMemcpyHostToDevice,
                                  cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice};
  void* const memories[] = {host, memory_};
  for (int to = 0; to < 2; ++to) {
    for (int from = 0; from < 2; ++from) {
      for (cudaMemcpyKind kind : kinds) {
        const bool right = kind == kinds[from * 2 + to];
        EXPECT_EQ(cudaMemcpyAsync(memories[to], memories[from], 16, kind, stream_),
                  right ? cudaSuccess : cudaErrorInvalidValue)
            << to << from << kind;
      }
    }
  }
  EXPECT_EQ(cudaMemcpy2DAsync(memory_, 2, host, 4, 3, 2, cudaMemcpyHostToDevice, stream_),
            cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpyAsync(memory_, host, 16, cudaMemcpyHostToDevice, nullptr),
            cudaErrorInvalidValue);
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
}

TEST_F(Runtime, LaunchesBeyondADevicesLimitsAreRefused) {
  constexpr auto kBad = cudaErrorInvalidConfiguration;
  EXPECT_EQ(Launch(Dim(1), Dim(1024)), cudaSuccess);
  EXPECT_EQ(Launch(Dim(1), Dim(32, 2, 16)), cudaSuccess);
  EXPECT_EQ(Launch(Dim(1), Dim(1056)), kBad);
  EXPECT_EQ(Launch(Dim(1), Dim(0)), kBad);
  EXPECT_EQ(Launch(Dim(1), Dim(8, 1, 128)), kBad);
  EXPECT_EQ(Launch(Dim(0), Dim(32)), kBad);
  EXPECT_EQ(Launch(Dim(1, 0), Dim(32)), kBad);
  EXPECT_EQ(Launch(Dim(1, 65536), Dim(32)), kBad);
  EXPECT_EQ(Launch(Dim(1, 1, 65536), Dim(32)), kBad);
  EXPECT_EQ(Launch(Dim(0x80000000u), Dim(32)), kBad);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);  // it was given, and is gone
}

TEST_F(Runtime, SharedMemoryBeyondWhatTheKernelAskedForIsRefused) {
  const size_t more = emulator::kDefaultSharedBytes + 1;
  EXPECT_EQ(Launch(Dim(1), Dim(32), more - 1), cudaSuccess);
  EXPECT_EQ(Launch(Dim(1), Dim(32), more), cudaErrorInvalidValue);
  const auto ask = [](auto* kernel, size_t bytes) {
    return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                static_cast<int>(bytes));
  };
  EXPECT_EQ(ask(SomeKernel, more), cudaSuccess);  // another kernel
  EXPECT_EQ(Launch(Dim(1), Dim(32), more), cudaErrorInvalidValue);
  EXPECT_EQ(ask(OtherKernel, more), cudaSuccess);
  EXPECT_EQ(Launch(Dim(1), Dim(32), more), cudaSuccess);
  EXPECT_EQ(Launch(Dim(1), Dim(32), more + 1), cudaErrorInvalidValue);
  EXPECT_EQ(ask(OtherKernel, 227 << 10), cudaSuccess);
  EXPECT_EQ(Launch(Dim(1), Dim(32), 227 << 10), cudaSuccess);
  EXPECT_EQ(ask(OtherKernel, (227 << 10) + 1), cudaErrorInvalidValue);
}

TEST_F(Runtime, ADeviceHasSoMuchMemory) {
  size_t free = 0, total = 0;
  emulator::SetDeviceMemory(64 << 10);
  ASSERT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
  EXPECT_EQ(total, size_t{64} << 10);
  EXPECT_EQ(free, total - kBytes);
  void* most = nullptr;
  void* more = nullptr;
  EXPECT_EQ(cudaMalloc(&more, free + 1), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaMalloc(&most, free), cudaSuccess);
  EXPECT_EQ(cudaMalloc(&more, 1), cudaErrorMemoryAllocation);
  emulator::SetDeviceMemory(4096);  // less than is in use
  EXPECT_EQ(cudaMalloc(&more, 1), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaFree(most), cudaSuccess);
  EXPECT_EQ(cudaFree(most), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFree(nullptr), cudaSuccess);
}

TEST_F(Runtime, EventsOrderStreams) {
  cudaStream_t other = nullptr;
  cudaEvent_t event = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking), cudaSuccess);
  ASSERT_EQ(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
  for (bool ordered : {false, true}) {
    Set(0);
    ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
    Increment(other);
    ASSERT_EQ(cudaEventRecord(event, other), cudaSuccess);
    Increment(other);  // nobody waits for this one
    if (ordered) ASSERT_EQ(cudaStreamWaitEvent(stream_, event, 0), cudaSuccess);
    EXPECT_EQ(Get(), ordered ? 1 : 0);
    ASSERT_EQ(cudaEventSynchronize(event), cudaSuccess);
    EXPECT_EQ(Get(), 1);
    ASSERT_EQ(cudaStreamSynchronize(other), cudaSuccess);
    EXPECT_EQ(Get(), 2);
  }
  EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
  EXPECT_EQ(cudaStreamDestroy(other), cudaSuccess);
}

TEST_F(Runtime, GraphsReplayWhatWasCaptured) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t exec = nullptr;
  ASSERT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), cudaSuccess);
  EXPECT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal),
            cudaErrorInvalidValue);
  cudaMemcpyAsync(memory_, pinned_, 4, cudaMemcpyHostToDevice, stream_);
  Increment(stream_);
  Increment(stream_);
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorStreamCaptureInvalidated);
  ASSERT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess);
  ASSERT_EQ(cudaGraphInstantiate(&exec, graph, 0), cudaSuccess);
  EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  Set(-1);
  EXPECT_EQ(Get(), -1);  // nothing of the capture ran
  for (int first : {10, 20}) {
    *static_cast<int*>(pinned_) = first;
    ASSERT_EQ(cudaGraphLaunch(exec, stream_), cudaSuccess);
    EXPECT_EQ(Get(), first + 2);
  }
  EXPECT_EQ(cudaGraphExecDestroy(exec), cudaSuccess);
  EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorInvalidValue);
}

TEST_F(Runtime, AFailureStaysUntilItIsHealed) {
  Set(1);
  Increment(stream_);
  ASSERT_EQ(cudaStreamSynchronize(stream_), cudaSuccess);
  emulator::FailNextWork(cudaErrorIllegalAddress);
  Increment(stream_);
  Increment(stream_);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);  // nothing has run
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorIllegalAddress);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(cudaGetLastError(), cudaErrorIllegalAddress);
  EXPECT_EQ(Launch(Dim(1), Dim(32)), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaMemsetAsync(memory_, 0, 4, stream_), cudaErrorIllegalAddress);
  emulator::Heal();
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  EXPECT_EQ(Get(), 2);  // neither of the two ran
}

using RuntimeDeathTest = Runtime;

TEST_F(RuntimeDeathTest, TheHostTouchesADevicesMemory) {
  const auto read = [](void* p) { return *static_cast<volatile int*>(p); };
  Set(1);
  EXPECT_EQ(Get(), 1);
  EXPECT_DEATH(read(memory_), "");
  EXPECT_DEATH(*static_cast<volatile int*>(memory_) = 1, "");
}

TEST_F(RuntimeDeathTest, AKernelWritesBeyondItsMemory) {
  const auto write_at = [this](size_t offset) {
    uint8_t* const p = static_cast<uint8_t*>(memory_) + offset;
    emulator::Launch(Key(SomeKernel), Dim(1), Dim(32), 0, stream_, [p] { *p = 1; });
    cudaStreamSynchronize(stream_);
  };
  write_at(kBytes - 1);
  EXPECT_DEATH(write_at(kBytes), "");
}

#ifdef BATON_ASAN
TEST_F(RuntimeDeathTest, AKernelTouchesWhatItsMemoryWasRoundedUpTo) {
  void* odd = nullptr;
  ASSERT_EQ(cudaMalloc(&odd, 100), cudaSuccess);
  uint8_t* const end = static_cast<uint8_t*>(odd) + 100;
  emulator::Launch(Key(SomeKernel), Dim(1), Dim(32), 0, stream_, [end] { *end = 1; });
  EXPECT_DEATH(cudaStreamSynchronize(stream_), "use-after-poison");
  emulator::FailNextWork(cudaErrorIllegalAddress);  // or it would run here
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaFree(odd), cudaSuccess);
}
#endif

}  // namespace
}  // namespace baton
