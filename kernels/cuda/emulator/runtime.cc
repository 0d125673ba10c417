#include <sys/mman.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cuda_runtime.h"
#include "kernels/cuda/emulator/asan.h"

using Work = std::function<void()>;

struct CudaEventImpl {
  cudaStream_t stream = nullptr;  // whose work up to `at` it waits for
  uint64_t at = 0;
  std::chrono::steady_clock::time_point time;
};

struct CudaGraphImpl {
  std::vector<Work> work;
};

struct CudaStreamImpl {
  std::deque<Work> queue;
  uint64_t enqueued = 0, done = 0;
  std::unique_ptr<CudaGraphImpl> capture;  // set: work goes here instead
};

namespace {

using ::baton::emulator::Dim;

struct Device {
  size_t memory = size_t{1} << 30, used = 0;
  std::map<uint8_t*, size_t> allocations;  // each of whole pages, and one more that stays closed
  std::map<const void*, int> max_shared;   // by kernel
  std::map<uint8_t*, size_t> pinned;       // host memory that is read and written late
  cudaError_t last = cudaSuccess, sticky = cudaSuccess, fail_next = cudaSuccess;
  uint64_t launches = 0;
  int open = 0;  // whether its memory can be touched, counted
};

Device& TheDevice() {
  static Device* const device = new Device;
  return *device;
}

// Every function that knows the device or a stream holds it; ranks are threads in tests.
std::recursive_mutex& Mu() {
  static std::recursive_mutex* const mu = new std::recursive_mutex;
  return *mu;
}
using Lock = std::lock_guard<std::recursive_mutex>;

constexpr size_t kPage = 4096;

size_t WholePages(size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

void Protect(int protection) {
  for (const auto& [memory, bytes] : TheDevice().allocations) mprotect(memory, bytes, protection);
}

// For its scope, the device's memory can be touched.
class Opened {
 public:
  Opened() {
    if (TheDevice().open++ == 0) Protect(PROT_READ | PROT_WRITE);
  }
  ~Opened() {
    if (--TheDevice().open == 0) Protect(PROT_NONE);
  }
};

cudaError_t Note(cudaError_t error) {
  if (error != cudaSuccess) TheDevice().last = error;
  return error;
}

void RunUntil(cudaStream_t stream, uint64_t at) {
  if (stream->done >= at || stream->queue.empty()) return;
  Opened opened;
  while (stream->done < at && !stream->queue.empty()) {
    Work work = std::move(stream->queue.front());
    stream->queue.pop_front();
    ++stream->done;
    Device& d = TheDevice();
    if (d.fail_next != cudaSuccess) d.sticky = std::exchange(d.fail_next, cudaSuccess);
    if (d.sticky == cudaSuccess) work();
  }
}

cudaError_t Enqueue(cudaStream_t stream, Work work) {
  if (stream == nullptr) return Note(cudaErrorInvalidValue);  // nothing of ours uses stream 0
  if (TheDevice().sticky != cudaSuccess) return Note(TheDevice().sticky);
  if (stream->capture != nullptr) {
    stream->capture->work.push_back(std::move(work));
  } else {
    stream->queue.push_back(std::move(work));
    ++stream->enqueued;
  }
  return cudaSuccess;
}

bool IsIn(const std::map<uint8_t*, size_t>& pieces, const void* memory) {
  for (const auto& [begin, bytes] : pieces) {
    if (memory >= begin && memory < begin + bytes) return true;
  }
  return false;
}

}  // namespace

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "cudaSuccess";
    case cudaErrorInvalidValue:
      return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorInvalidConfiguration:
      return "cudaErrorInvalidConfiguration";
    case cudaErrorNoDevice:
      return "cudaErrorNoDevice";
    case cudaErrorInvalidDevice:
      return "cudaErrorInvalidDevice";
    case cudaErrorNotReady:
      return "cudaErrorNotReady";
    case cudaErrorIllegalAddress:
      return "cudaErrorIllegalAddress";
    case cudaErrorLaunchFailure:
      return "cudaErrorLaunchFailure";
    case cudaErrorStreamCaptureInvalidated:
      return "cudaErrorStreamCaptureInvalidated";
  }
  return "cudaErrorUnknown";
}

const char* cudaGetErrorString(cudaError_t error) { return cudaGetErrorName(error); }

cudaError_t cudaGetLastError() {
  Lock lock(Mu());
  Device& d = TheDevice();
  return d.sticky != cudaSuccess ? d.sticky : std::exchange(d.last, cudaSuccess);
}

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  return Note(device == 0 ? cudaSuccess : cudaErrorInvalidDevice);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  std::snprintf(properties->name, sizeof(properties->name), "emulated");
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  switch (attribute) {
    case cudaDevAttrMultiProcessorCount:
      *value = ::baton::emulator::kMultiprocessors;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMajor:
      *value = 9;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor:
      *value = 0;
      return cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = static_cast<int>(::baton::emulator::kMaxSharedBytes);
      return cudaSuccess;
  }
  return Note(cudaErrorInvalidValue);
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  Lock lock(Mu());
  const Device& d = TheDevice();
  *free = d.memory > d.used ? d.memory - d.used : 0;
  *total = d.memory;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* version) { return cudaRuntimeGetVersion(version); }

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  Lock lock(Mu());
  Device& d = TheDevice();
  const size_t wanted = bytes;
  bytes = WholePages(bytes);
  if (bytes > d.memory || d.used > d.memory - bytes) return Note(cudaErrorMemoryAllocation);
  void* const made = mmap(nullptr, bytes + kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (made == MAP_FAILED) return Note(cudaErrorMemoryAllocation);
  if (d.open > 0) mprotect(made, bytes, PROT_READ | PROT_WRITE);
  // What was not asked for.
  ASAN_POISON_MEMORY_REGION(static_cast<uint8_t*>(made) + wanted, bytes - wanted);
  d.used += bytes;
  d.allocations[static_cast<uint8_t*>(made)] = bytes;
  *memory = made;
  return cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
  Lock lock(Mu());
  Device& d = TheDevice();
  const auto it = d.allocations.find(static_cast<uint8_t*>(memory));
  if (it == d.allocations.end()) return memory == nullptr ? cudaSuccess : cudaErrorInvalidValue;
  ASAN_UNPOISON_MEMORY_REGION(it->first, it->second);
  munmap(it->first, it->second + kPage);
  d.used -= it->second;
  d.allocations.erase(it);
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** memory, size_t bytes) {
  Lock lock(Mu());
  auto* const made = new uint8_t[bytes];
  TheDevice().pinned[made] = bytes;
  *memory = made;
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void* memory) {
  Lock lock(Mu());
  auto* const given = static_cast<uint8_t*>(memory);
  if (TheDevice().pinned.erase(given) > 0) delete[] given;
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  return cudaMemcpy2DAsync(to, bytes, from, bytes, bytes, 1, kind, stream);
}

cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch,
                              size_t width, size_t height, cudaMemcpyKind kind,
                              cudaStream_t stream) {
  Lock lock(Mu());
  if (width == 0 || height == 0) return cudaSuccess;
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (IsIn(TheDevice().allocations, to) != to_device ||
      IsIn(TheDevice().allocations, from) != from_device || width > to_pitch ||
      width > from_pitch) {
    return Note(cudaErrorInvalidValue);
  }
  const auto copy = [=](const uint8_t* source) {
    for (size_t row = 0; row < height; ++row)
      std::memcpy(static_cast<uint8_t*>(to) + row * to_pitch, source + row * from_pitch, width);
  };
  const auto* source = static_cast<const uint8_t*>(from);
  if (kind == cudaMemcpyHostToDevice && !IsIn(TheDevice().pinned, from)) {
    // Pageable memory is read before the call returns.
    const size_t bytes = (height - 1) * from_pitch + width;
    const auto staged = std::make_shared<std::vector<uint8_t>>(source, source + bytes);
    return Enqueue(stream, [copy, staged] { copy(staged->data()); });
  }
  return Enqueue(stream, [copy, source] { copy(source); });
}

cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream) {
  Lock lock(Mu());
  return Enqueue(stream, [=] { std::memset(memory, value, bytes); });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new CudaStreamImpl;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  Lock lock(Mu());
  RunUntil(stream, stream->enqueued);
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  Lock lock(Mu());
  if (stream->capture != nullptr) return Note(cudaErrorStreamCaptureInvalidated);
  RunUntil(stream, stream->enqueued);
  return Note(TheDevice().sticky);
}

cudaError_t cudaStreamQuery(cudaStream_t stream) { return cudaStreamSynchronize(stream); }

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  Lock lock(Mu());
  const CudaEventImpl recorded = *event;
  return Enqueue(stream, [recorded] {
    if (recorded.stream != nullptr) RunUntil(recorded.stream, recorded.at);
  });
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CudaEventImpl;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  Lock lock(Mu());
  if (stream->capture != nullptr) return cudaSuccess;
  const cudaError_t error =
      Enqueue(stream, [event] { event->time = std::chrono::steady_clock::now(); });
  event->stream = stream;
  event->at = stream->enqueued;
  return error;
}

cudaError_t cudaEventQuery(cudaEvent_t event) { return cudaEventSynchronize(event); }

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  Lock lock(Mu());
  if (event->stream != nullptr) RunUntil(event->stream, event->at);
  return Note(TheDevice().sticky);
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - begin->time).count();
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  Lock lock(Mu());
  if (stream->capture != nullptr) return Note(cudaErrorInvalidValue);
  stream->capture = std::make_unique<CudaGraphImpl>();
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  Lock lock(Mu());
  if (stream->capture == nullptr) return Note(cudaErrorInvalidValue);
  *graph = stream->capture.release();
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  *exec = new CudaGraphImpl(*graph);
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  Lock lock(Mu());
  const std::vector<Work> work = exec->work;
  return Enqueue(stream, [work] {
    for (const Work& w : work) w();
  });
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete exec;
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

namespace baton {
namespace emulator {

cudaError_t SetMaxSharedBytes(const void* kernel, int bytes) {
  Lock lock(Mu());
  if (bytes < 0 || static_cast<size_t>(bytes) > kMaxSharedBytes) return Note(cudaErrorInvalidValue);
  TheDevice().max_shared[kernel] = bytes;
  return cudaSuccess;
}

void Launch(const void* kernel, const Dim& grid, const Dim& block, size_t shared_bytes,
            cudaStream_t stream, std::function<void()> thread) {
  Lock lock(Mu());
  Device& d = TheDevice();
  const auto it = d.max_shared.find(kernel);
  const size_t shared_limit =
      it == d.max_shared.end() ? kDefaultSharedBytes : static_cast<size_t>(it->second);
  const uint64_t threads = uint64_t{block.x} * block.y * block.z;
  if (threads == 0 || threads > 1024 || threads % kWarpSize != 0 || block.z > 64 || grid.x == 0 ||
      grid.x > 0x7fffffff || grid.y == 0 || grid.y > 65535 || grid.z == 0 || grid.z > 65535) {
    Note(cudaErrorInvalidConfiguration);
    return;
  }
  if (shared_bytes > shared_limit) {
    Note(cudaErrorInvalidValue);
    return;
  }
  Enqueue(stream, [grid, block, shared_bytes, thread = std::move(thread)] {
    ++TheDevice().launches;
    RunGrid(grid, block, shared_bytes, thread);
  });
}

void SetDeviceMemory(size_t bytes) { TheDevice().memory = bytes; }
void FailNextWork(cudaError_t error) { TheDevice().fail_next = error; }
void Heal() { TheDevice().sticky = TheDevice().fail_next = TheDevice().last = cudaSuccess; }
uint64_t NumLaunches() { return TheDevice().launches; }

}  // namespace emulator
}  // namespace baton
