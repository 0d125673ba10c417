#include "kernels/cuda/cuda_device.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "kernels/cuda/cuda_status.h"

namespace baton {

CudaStream::~CudaStream() { cudaStreamDestroy(stream_); }

absl::Status CudaStream::Synchronize() {
  const cudaError_t error = cudaStreamSynchronize(stream_);
  const absl::Status status = CudaStatus(error, "waiting for the GPU");
  if (IsSticky(error) && on_sticky_) on_sticky_(status);
  return status;
}

int CudaDevice::Count() {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  cudaGetLastError();  // no driver is no failure
  return 0;
}

absl::StatusOr<std::unique_ptr<CudaDevice>> CudaDevice::Open(int index, OnStickyError on_sticky) {
  const int count = Count();
  if (index < 0 || index >= count) {
    return absl::UnavailableError(
        absl::StrCat("there is no GPU ", index, ": this process sees ", count));
  }
  RETURN_IF_ERROR(CudaStatus(cudaSetDevice(index), "taking the GPU"));
  std::unique_ptr<CudaDevice> device(new CudaDevice);
  device->on_sticky_ = std::move(on_sticky);
  cudaDeviceProp properties;
  RETURN_IF_ERROR(CudaStatus(cudaGetDeviceProperties(&properties, index), "asking for its name"));
  device->name_ = properties.name;
  int major = 0, minor = 0;
  const std::pair<cudaDeviceAttr, int*> wanted[] = {
      {cudaDevAttrComputeCapabilityMajor, &major},
      {cudaDevAttrComputeCapabilityMinor, &minor},
      {cudaDevAttrMultiProcessorCount, &device->num_multiprocessors_}};
  for (const auto& [attribute, value] : wanted) {
    RETURN_IF_ERROR(
        CudaStatus(cudaDeviceGetAttribute(value, attribute, index), "asking what it is"));
  }
  if (major < 8) {
    return absl::UnavailableError(absl::StrCat("GPU ", index, " (", device->name_,
                                               ") has compute capability ", major, ".", minor,
                                               "; 8.0 is the least"));
  }
  device->kind_ = absl::StrCat("sm", major, minor, "-", device->num_multiprocessors_, "sm");
  return device;
}

absl::StatusOr<Buffer> CudaDevice::Allocate(int64_t bytes, absl::string_view purpose) {
  if (bytes == 0) return Buffer();
  void* memory = nullptr;
  const cudaError_t error = cudaMalloc(&memory, static_cast<size_t>(bytes));
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return absl::ResourceExhaustedError(
        absl::StrFormat("%s: %d bytes of GPU memory are wanted, %d of %d are free",
                        std::string(purpose), bytes, FreeMemory(), TotalMemory()));
  }
  RETURN_IF_ERROR(CudaStatus(error, purpose));
  Buffer buffer(this, static_cast<uint8_t*>(memory), bytes);
  ASSIGN_OR_RETURN(const std::unique_ptr<Stream> stream, NewStream());
  RETURN_IF_ERROR(CudaStatus(
      cudaMemsetAsync(memory, 0, static_cast<size_t>(bytes), NativeStream(*stream)), purpose));
  RETURN_IF_ERROR(stream->Synchronize());
  return buffer;
}

void CudaDevice::Free(uint8_t* data, int64_t) { cudaFree(data); }

absl::StatusOr<std::unique_ptr<Stream>> CudaDevice::NewStream() {
  cudaStream_t stream = nullptr;
  RETURN_IF_ERROR(
      CudaStatus(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream"));
  return std::unique_ptr<Stream>(new CudaStream(stream, on_sticky_));
}

absl::Status CudaDevice::CopyToDevice(Stream& stream, void* to, const void* from, int64_t bytes) {
  return CudaStatus(cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyHostToDevice,
                                    NativeStream(stream)),
                    "copying to the GPU");
}

absl::Status CudaDevice::CopyToHost(Stream& stream, void* to, const void* from, int64_t bytes) {
  return CudaStatus(cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyDeviceToHost,
                                    NativeStream(stream)),
                    "copying from the GPU");
}

int64_t CudaDevice::FreeMemory() const {
  size_t free = 0, total = 0;
  return cudaMemGetInfo(&free, &total) == cudaSuccess ? static_cast<int64_t>(free) : 0;
}

int64_t CudaDevice::TotalMemory() const {
  size_t free = 0, total = 0;
  return cudaMemGetInfo(&free, &total) == cudaSuccess ? static_cast<int64_t>(total) : 0;
}

absl::StatusOr<PinnedBuffer> PinnedBuffer::Create(int64_t bytes) {
  PinnedBuffer buffer;
  void* memory = nullptr;
  RETURN_IF_ERROR(
      CudaStatus(cudaMallocHost(&memory, static_cast<size_t>(bytes)), "pinning host memory"));
  buffer.data_ = static_cast<uint8_t*>(memory);
  buffer.size_ = bytes;
  return buffer;
}

PinnedBuffer::~PinnedBuffer() {
  if (data_ != nullptr) cudaFreeHost(data_);
}

PinnedBuffer& PinnedBuffer::operator=(PinnedBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace baton
