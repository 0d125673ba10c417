// A device: memory and ordering, nothing else.
#ifndef BATON_KERNELS_DEVICE_H_
#define BATON_KERNELS_DEVICE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace baton {

class Device;

// Memory of a device, given back when this dies. Move-only. 64-byte aligned and zeroed at first.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Device* device, uint8_t* data, int64_t size) : device_(device), data_(data), size_(size) {}
  ~Buffer() { Reset(); }
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept;

  uint8_t* data() const { return data_; }
  int64_t size() const { return size_; }
  void Reset();

 private:
  Device* device_ = nullptr;
  uint8_t* data_ = nullptr;
  int64_t size_ = 0;
};

// An order of execution. Work enqueued on one stream runs in order; a fault of earlier work
// surfaces at Synchronize.
class Stream {
 public:
  virtual ~Stream() = default;
  // Waits until everything enqueued has run; not OK when any of it failed.
  virtual absl::Status Synchronize() = 0;
};

// Not thread-safe; used by the one thread that computes.
class Device {
 public:
  virtual ~Device() = default;

  // The memory is there, not only promised. RESOURCE_EXHAUSTED names `purpose`, the size wanted and
  // what is available.
  virtual absl::StatusOr<Buffer> Allocate(int64_t bytes, absl::string_view purpose) = 0;
  virtual absl::StatusOr<std::unique_ptr<Stream>> NewStream() = 0;

  // Enqueues a copy between memory of the host and of the device. The host's memory must stay as it
  // is until the stream has been synchronised.
  virtual absl::Status CopyToDevice(Stream& stream, void* to, const void* from, int64_t bytes) = 0;
  virtual absl::Status CopyToHost(Stream& stream, void* to, const void* from, int64_t bytes) = 0;

  // Bytes that could be allocated now, and the device's size.
  virtual int64_t FreeMemory() const = 0;
  virtual int64_t TotalMemory() const = 0;
  // For numerics classes and reports, for example "cpu".
  virtual std::string kind() const = 0;

 private:
  friend class Buffer;
  virtual void Free(uint8_t* data, int64_t size) = 0;
};

inline void Buffer::Reset() {
  if (data_ != nullptr) device_->Free(data_, size_);
  data_ = nullptr;
  size_ = 0;
}

inline Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this == &other) return *this;
  Reset();
  device_ = other.device_;
  data_ = other.data_;
  size_ = other.size_;
  other.data_ = nullptr;
  other.size_ = 0;
  return *this;
}

}  // namespace baton

#endif  // BATON_KERNELS_DEVICE_H_
