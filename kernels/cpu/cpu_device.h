// The host's memory as a Device. A buffer's pages are all there once it is given: memory that is
// only promised meets the OOM killer at its first use, when several processes were promised the
// same. It is populated in slices, and each begins with a look at what is left, so that of
// processes that fill the memory together one gets a Status in time. Buffers lie in huge pages
// where the kernel gives them: populating is fast, and a process that is killed with its memory in
// small pages keeps its sockets open for tens of milliseconds per gigabyte.
#ifndef BATON_KERNELS_CPU_CPU_DEVICE_H_
#define BATON_KERNELS_CPU_CPU_DEVICE_H_

#include <atomic>
#include <memory>
#include <string>

#include "kernels/device.h"

namespace baton {

class CpuDevice : public Device {
 public:
  // Once `cancelled` (may be null; must outlive the device) is true, Allocate ends with CANCELLED
  // within tens of milliseconds.
  explicit CpuDevice(const std::atomic<bool>* cancelled = nullptr) : cancelled_(cancelled) {}

  absl::StatusOr<Buffer> Allocate(int64_t bytes, absl::string_view purpose) override;
  absl::StatusOr<std::unique_ptr<Stream>> NewStream() override;  // work runs as it is enqueued
  absl::Status CopyToDevice(Stream& stream, void* to, const void* from, int64_t bytes) override;
  absl::Status CopyToHost(Stream& stream, void* to, const void* from, int64_t bytes) override;
  // The kernel's estimate, or what the memory cgroup leaves, if less; without a small reserve.
  int64_t FreeMemory() const override;
  int64_t TotalMemory() const override;
  std::string kind() const override { return "cpu"; }

 private:
  void Free(uint8_t* data, int64_t size) override;

  const std::atomic<bool>* const cancelled_;
};

}  // namespace baton

#endif  // BATON_KERNELS_CPU_CPU_DEVICE_H_
