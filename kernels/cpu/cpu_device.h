// The host's memory as a Device. Buffers lie in huge pages where the kernel gives them: a process
// that is killed with its memory in small pages keeps its sockets open for tens of milliseconds per
// gigabyte.
#ifndef BATON_KERNELS_CPU_CPU_DEVICE_H_
#define BATON_KERNELS_CPU_CPU_DEVICE_H_

#include <memory>
#include <string>

#include "kernels/device.h"

namespace baton {

class CpuDevice : public Device {
 public:
  absl::StatusOr<Buffer> Allocate(int64_t bytes, absl::string_view purpose) override;
  absl::StatusOr<std::unique_ptr<Stream>> NewStream() override;  // work runs as it is enqueued
  int64_t FreeMemory()
      const override;  // the kernel's estimate, or what the memory cgroup leaves, if less
  int64_t TotalMemory() const override;
  std::string kind() const override { return "cpu"; }

 private:
  void Free(uint8_t* data, int64_t size) override;
};

}  // namespace baton

#endif  // BATON_KERNELS_CPU_CPU_DEVICE_H_
