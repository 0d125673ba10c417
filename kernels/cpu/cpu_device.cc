#include "kernels/cpu/cpu_device.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

namespace baton {
namespace {

constexpr int64_t kHugePage = 2 << 20;

int64_t RoundUp(int64_t bytes) { return (bytes + kHugePage - 1) / kHugePage * kHugePage; }

// A value of /proc/meminfo in bytes; the largest number when it cannot be read.
int64_t MemInfo(absl::string_view key) {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  int64_t kib;
  while (file >> name >> kib) {
    std::getline(file, unit);
    if (name == key) return kib * 1024;
  }
  return std::numeric_limits<int64_t>::max();
}

// The number in a file, or `fallback` ("max", or no such file).
int64_t NumberIn(const char* path, int64_t fallback) {
  std::ifstream file(path);
  std::string text;
  int64_t value;
  if (!(file >> text) || !absl::SimpleAtoi(text, &value)) return fallback;
  return value;
}

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

int64_t CgroupLimit() {
  return std::min(NumberIn("/sys/fs/cgroup/memory.max", kNoLimit),
                  NumberIn("/sys/fs/cgroup/memory/memory.limit_in_bytes", kNoLimit));
}

int64_t CgroupUsage() {
  return std::max(NumberIn("/sys/fs/cgroup/memory.current", 0),
                  NumberIn("/sys/fs/cgroup/memory/memory.usage_in_bytes", 0));
}

class InlineStream : public Stream {
 public:
  absl::Status Synchronize() override { return absl::OkStatus(); }
};

}  // namespace

absl::StatusOr<Buffer> CpuDevice::Allocate(int64_t bytes, absl::string_view purpose) {
  const int64_t size = std::max(RoundUp(bytes), kHugePage);
  // Overcommitted memory would kill the process at first touch instead of failing here.
  const int64_t available = FreeMemory();
  if (size > available) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%s need %.1f MiB of memory, and %.1f MiB are available", purpose,
                        bytes / 1048576.0, available / 1048576.0));
  }
  void* raw = mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) {
    return absl::ResourceExhaustedError(absl::StrFormat("%s need %.1f MiB of memory: %s", purpose,
                                                        bytes / 1048576.0, std::strerror(errno)));
  }
  // Keep the aligned middle.
  uint8_t* begin = static_cast<uint8_t*>(raw);
  uint8_t* data = begin + (kHugePage - reinterpret_cast<uintptr_t>(begin) % kHugePage) % kHugePage;
  if (data > begin) munmap(begin, data - begin);
  if (data + size < begin + size + kHugePage) munmap(data + size, begin + kHugePage - data);
  madvise(data, size, MADV_HUGEPAGE);
  return Buffer(this, data, size);
}

void CpuDevice::Free(uint8_t* data, int64_t size) { munmap(data, size); }

absl::StatusOr<std::unique_ptr<Stream>> CpuDevice::NewStream() {
  return std::make_unique<InlineStream>();
}

int64_t CpuDevice::FreeMemory() const {
  const int64_t free = MemInfo("MemAvailable:");
  const int64_t limit = CgroupLimit();
  return limit == kNoLimit ? free : std::min(free, std::max<int64_t>(0, limit - CgroupUsage()));
}

int64_t CpuDevice::TotalMemory() const { return std::min(MemInfo("MemTotal:"), CgroupLimit()); }

}  // namespace baton
