#include "kernels/cpu/cpu_device.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"

namespace baton {
namespace {

constexpr int64_t kHugePage = 2 << 20;
constexpr int64_t kSmallPage = 4096;
// Populated between two looks at what is left and at the cancellation: some ten milliseconds.
constexpr int64_t kSlice = 32 << 20;
// Never taken: the kernel's figures are estimates, and other processes live too.
constexpr int64_t kReserve = 64 << 20;
constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

int64_t RoundUp(int64_t bytes) { return (bytes + kHugePage - 1) / kHugePage * kHugePage; }

// The number after `key` in a file of lines "KEY NUMBER ...", or `fallback`.
int64_t NumberAfter(const char* path, absl::string_view key, int64_t fallback) {
  std::ifstream file(path);
  std::string name, rest;
  int64_t value;
  while (file >> name >> value) {
    std::getline(file, rest);
    if (name == key) return value;
  }
  return fallback;
}

// A value of /proc/meminfo in bytes; the largest number when it cannot be read.
int64_t MemInfo(absl::string_view key) {
  const int64_t kib = NumberAfter("/proc/meminfo", key, kNoLimit / 1024);
  return kib * 1024;
}

// The number in a file, or `fallback` ("max", or no such file).
int64_t NumberIn(const char* path, int64_t fallback) {
  std::ifstream file(path);
  std::string text;
  int64_t value;
  if (!(file >> text) || !absl::SimpleAtoi(text, &value)) return fallback;
  return value;
}

int64_t CgroupLimit() {
  return std::min(NumberIn("/sys/fs/cgroup/memory.max", kNoLimit),
                  NumberIn("/sys/fs/cgroup/memory/memory.limit_in_bytes", kNoLimit));
}

// Without the pages of files that were read once (a model's), which the kernel takes back first.
int64_t CgroupUsage() {
  const int64_t v2 = NumberIn("/sys/fs/cgroup/memory.current", 0) -
                     NumberAfter("/sys/fs/cgroup/memory.stat", "inactive_file", 0);
  const int64_t v1 = NumberIn("/sys/fs/cgroup/memory/memory.usage_in_bytes", 0) -
                     NumberAfter("/sys/fs/cgroup/memory/memory.stat", "total_inactive_file", 0);
  return std::max(v1, v2);
}

// Address space for `size` bytes that begin at a huge page; null, with errno, when there is none.
uint8_t* MapAligned(int64_t size) {
  void* raw = mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  // Keep the aligned middle.
  uint8_t* begin = static_cast<uint8_t*>(raw);
  uint8_t* data = begin + (kHugePage - reinterpret_cast<uintptr_t>(begin) % kHugePage) % kHugePage;
  if (data > begin) munmap(begin, data - begin);
  if (data + size < begin + size + kHugePage) munmap(data + size, begin + kHugePage - data);
  madvise(data, size, MADV_HUGEPAGE);
  return data;
}

// Makes the kernel give the pages now, zeroed.
absl::Status Populate(uint8_t* data, int64_t size) {
  if (madvise(data, size, MADV_POPULATE_WRITE) == 0) return absl::OkStatus();
  if (errno != EINVAL) return absl::ResourceExhaustedError(std::strerror(errno));
  // A kernel before 5.14.
  for (int64_t i = 0; i < size; i += kSmallPage) *static_cast<volatile uint8_t*>(data + i) = 0;
  return absl::OkStatus();
}

class InlineStream : public Stream {
 public:
  absl::Status Synchronize() override { return absl::OkStatus(); }
};

}  // namespace

absl::StatusOr<Buffer> CpuDevice::Allocate(int64_t bytes, absl::string_view purpose) {
  const int64_t size = std::max(RoundUp(std::min(bytes, kNoLimit - kHugePage)), kHugePage);
  const auto failed = [&](absl::string_view why) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%s need %.1f MiB of memory%s", purpose, bytes / 1048576.0, why));
  };
  const auto check_room = [&](int64_t done) {
    const int64_t available = FreeMemory();
    if (size - done <= available) return absl::OkStatus();
    return failed(absl::StrFormat(", and %.1f MiB are available", (done + available) / 1048576.0));
  };
  RETURN_IF_ERROR(check_room(0));
  uint8_t* data = MapAligned(size);
  if (data == nullptr) return failed(absl::StrCat(": ", std::strerror(errno)));
  Buffer buffer(this, data, size);
  for (int64_t done = 0; done < size; done += kSlice) {
    if (cancelled_ != nullptr && cancelled_->load()) {
      return absl::CancelledError(absl::StrCat("allocation was cancelled: ", purpose));
    }
    RETURN_IF_ERROR(check_room(done));
    const absl::Status populated = Populate(data + done, std::min(kSlice, size - done));
    if (!populated.ok()) return failed(absl::StrCat(": ", populated.message()));
  }
  return buffer;
}

void CpuDevice::Free(uint8_t* data, int64_t size) { munmap(data, size); }

absl::StatusOr<std::unique_ptr<Stream>> CpuDevice::NewStream() {
  return std::make_unique<InlineStream>();
}

absl::Status CpuDevice::CopyToDevice(Stream&, void* to, const void* from, int64_t bytes) {
  if (bytes > 0) std::memcpy(to, from, static_cast<size_t>(bytes));
  return absl::OkStatus();
}

absl::Status CpuDevice::CopyToHost(Stream& stream, void* to, const void* from, int64_t bytes) {
  return CopyToDevice(stream, to, from, bytes);
}

int64_t CpuDevice::FreeMemory() const {
  int64_t free = MemInfo("MemAvailable:");
  const int64_t limit = CgroupLimit();
  if (limit != kNoLimit) free = std::min(free, limit - CgroupUsage());
  return std::max<int64_t>(0, free - kReserve);
}

int64_t CpuDevice::TotalMemory() const { return std::min(MemInfo("MemTotal:"), CgroupLimit()); }

}  // namespace baton
