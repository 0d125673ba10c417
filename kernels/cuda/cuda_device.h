// One GPU as a Device. Use it from one thread.
#ifndef BATON_KERNELS_CUDA_CUDA_DEVICE_H_
#define BATON_KERNELS_CUDA_CUDA_DEVICE_H_

#include <cuda_runtime.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kernels/device.h"

namespace baton {

// Told of an error after which the process can do nothing more with its GPU. May not return.
using OnStickyError = std::function<void(const absl::Status&)>;

class CudaStream : public Stream {
 public:
  // `on_sticky` may be null.
  CudaStream(cudaStream_t stream, OnStickyError on_sticky)
      : stream_(stream), on_sticky_(std::move(on_sticky)) {}
  ~CudaStream() override;
  CudaStream(const CudaStream&) = delete;
  CudaStream& operator=(const CudaStream&) = delete;

  absl::Status Synchronize() override;
  cudaStream_t get() const { return stream_; }

 private:
  const cudaStream_t stream_;
  const OnStickyError on_sticky_;
};

// The stream of a CudaDevice.
inline cudaStream_t NativeStream(Stream& stream) { return static_cast<CudaStream&>(stream).get(); }

class CudaDevice : public Device {
 public:
  // How many devices there are: 0 where there is no driver, too.
  static int Count();
  // Device `index` of this process. `on_sticky` (may be null) is called by whoever waits for a
  // stream of the device. UNAVAILABLE where there is no such device.
  static absl::StatusOr<std::unique_ptr<CudaDevice>> Open(int index,
                                                          OnStickyError on_sticky = nullptr);

  absl::StatusOr<Buffer> Allocate(int64_t bytes, absl::string_view purpose) override;
  absl::StatusOr<std::unique_ptr<Stream>> NewStream() override;
  absl::Status CopyToDevice(Stream& stream, void* to, const void* from, int64_t bytes) override;
  absl::Status CopyToHost(Stream& stream, void* to, const void* from, int64_t bytes) override;
  int64_t FreeMemory() const override;
  int64_t TotalMemory() const override;
  // What decides about bits, for example "sm90-132sm".
  std::string kind() const override { return kind_; }

  // For people, for example "NVIDIA H200".
  const std::string& name() const { return name_; }
  int num_multiprocessors() const { return num_multiprocessors_; }

 private:
  CudaDevice() = default;
  void Free(uint8_t* data, int64_t size) override;

  OnStickyError on_sticky_;
  std::string kind_, name_;
  int num_multiprocessors_ = 0;
};

// Host memory that a device copies from and to without another copy.
class PinnedBuffer {
 public:
  static absl::StatusOr<PinnedBuffer> Create(int64_t bytes);
  PinnedBuffer() = default;
  ~PinnedBuffer();
  PinnedBuffer(PinnedBuffer&& other) noexcept { *this = std::move(other); }
  PinnedBuffer& operator=(PinnedBuffer&& other) noexcept;

  uint8_t* data() const { return data_; }
  int64_t size() const { return size_; }

 private:
  uint8_t* data_ = nullptr;
  int64_t size_ = 0;
};

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_CUDA_DEVICE_H_
