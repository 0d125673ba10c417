#include "worker/comm/testing/guarded_device.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

#include "gtest/gtest.h"

namespace baton {
namespace {

constexpr int64_t kGuard = 1 << 14;  // bytes behind a buffer
constexpr uint8_t kUntouched = 0xA5;
constexpr std::align_val_t kAlignment{64};

}  // namespace

absl::StatusOr<Buffer> GuardedDevice::Allocate(int64_t bytes, absl::string_view) {
  auto* data = static_cast<uint8_t*>(::operator new(bytes + kGuard, kAlignment));
  std::memset(data, 0, bytes);
  std::memset(data + bytes, kUntouched, kGuard);
  return Buffer(this, data, bytes);
}

absl::StatusOr<std::unique_ptr<Stream>> GuardedDevice::NewStream() {
  return absl::UnimplementedError("this device has memory only");
}

void GuardedDevice::Free(uint8_t* data, int64_t size) {
  const auto untouched = std::count(data + size, data + size + kGuard, kUntouched);
  EXPECT_EQ(untouched, kGuard) << "written beyond a buffer of " << size << " bytes";
  ::operator delete(data, kAlignment);
}

}  // namespace baton
