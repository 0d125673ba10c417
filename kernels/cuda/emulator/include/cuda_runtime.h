// The part of CUDA's runtime API that Baton uses, on the host: what kernels and their callers
// include instead of the toolkit's header of the same name where they are built for the emulator.
// Functions mean what CUDA's documentation says, with these differences that make mistakes show:
//
//  - Work is deferred until somebody waits for it, so that memory given to an asynchronous copy or
//    a kernel too early or reused too soon is found out.
//  - A device's memory cannot be touched by the host, except while work of the device runs.
//  - Only what a real device would accept is launched: block sizes, grid sizes, shared memory.
#ifndef BATON_KERNELS_CUDA_EMULATOR_CUDA_RUNTIME_H_
#define BATON_KERNELS_CUDA_EMULATOR_CUDA_RUNTIME_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

#include "kernels/cuda/emulator/grid.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__
#define threadIdx ::baton::emulator::ThreadIdx()
#define blockIdx ::baton::emulator::BlockIdx()
#define blockDim ::baton::emulator::BlockDim()
#define gridDim ::baton::emulator::GridDim()

using dim3 = ::baton::emulator::Dim;
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorNotReady = 600,
  cudaErrorIllegalAddress = 700,
  cudaErrorLaunchFailure = 719,
  cudaErrorStreamCaptureInvalidated = 901,
};
enum cudaMemcpyKind {
  cudaMemcpyHostToHost = 0,
  cudaMemcpyHostToDevice = 1,
  cudaMemcpyDeviceToHost = 2,
  cudaMemcpyDeviceToDevice = 3,
};
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };
enum cudaDeviceAttr {
  cudaDevAttrMultiProcessorCount = 16,
  cudaDevAttrComputeCapabilityMajor = 75,
  cudaDevAttrComputeCapabilityMinor = 76,
  cudaDevAttrMaxSharedMemoryPerBlockOptin = 97,
};

constexpr unsigned cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2;

struct CudaStreamImpl;
struct CudaEventImpl;
struct CudaGraphImpl;
using cudaStream_t = CudaStreamImpl*;
using cudaEvent_t = CudaEventImpl*;
using cudaGraph_t = CudaGraphImpl*;
using cudaGraphExec_t = CudaGraphImpl*;

struct cudaDeviceProp {
  char name[256];
};

const char* cudaGetErrorName(cudaError_t error);
const char* cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetLastError();
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);
cudaError_t cudaMemGetInfo(size_t* free, size_t* total);
cudaError_t cudaRuntimeGetVersion(int* version);
cudaError_t cudaDriverGetVersion(int* version);

cudaError_t cudaMalloc(void** memory, size_t bytes);
cudaError_t cudaFree(void* memory);
cudaError_t cudaMallocHost(void** memory, size_t bytes);
cudaError_t cudaFreeHost(void* memory);
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream);
cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch,
                              size_t width, size_t height, cudaMemcpyKind kind,
                              cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream);

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamQuery(cudaStream_t stream);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventQuery(cudaEvent_t event);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end);

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph,
                                 unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);

namespace baton {
namespace emulator {

// What a device is taken for.
constexpr int kMultiprocessors = 132;
constexpr size_t kDefaultSharedBytes = 48 << 10, kMaxSharedBytes = 227 << 10;

cudaError_t SetMaxSharedBytes(const void* kernel, int bytes);
// Enqueues a launch; `thread` is what each thread runs.
void Launch(const void* kernel, const Dim& grid, const Dim& block, size_t shared_bytes,
            cudaStream_t stream, std::function<void()> thread);

// --- For tests.
// The device's memory from now on.
void SetDeviceMemory(size_t bytes);
// The next work that runs fails in this way, and as some failures of a device do, everything after
// it, until Heal.
void FailNextWork(cudaError_t error);
void Heal();
// Launches so far.
uint64_t NumLaunches();

}  // namespace emulator
}  // namespace baton

template <typename Kernel>
cudaError_t cudaFuncSetAttribute(Kernel* kernel, cudaFuncAttribute, int value) {
  return ::baton::emulator::SetMaxSharedBytes(reinterpret_cast<const void*>(kernel), value);
}

#endif  // BATON_KERNELS_CUDA_EMULATOR_CUDA_RUNTIME_H_
