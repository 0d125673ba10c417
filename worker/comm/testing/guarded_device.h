// The heap as a Device, for tests: who writes beyond the end of a buffer is found out.
#ifndef BATON_WORKER_COMM_TESTING_GUARDED_DEVICE_H_
#define BATON_WORKER_COMM_TESTING_GUARDED_DEVICE_H_

#include <memory>
#include <string>

#include "kernels/device.h"

namespace baton {

class GuardedDevice : public Device {
 public:
  absl::StatusOr<Buffer> Allocate(int64_t bytes, absl::string_view purpose) override;
  absl::StatusOr<std::unique_ptr<Stream>> NewStream() override;  // UNIMPLEMENTED
  absl::Status CopyToDevice(Stream&, void*, const void*, int64_t) override {
    return absl::UnimplementedError("nothing is copied");
  }
  absl::Status CopyToHost(Stream&, void*, const void*, int64_t) override {
    return absl::UnimplementedError("nothing is copied");
  }
  int64_t FreeMemory() const override { return 0; }
  int64_t TotalMemory() const override { return 0; }
  std::string kind() const override { return "heap"; }

 private:
  // Fails the test when what lies behind the buffer is not what Allocate put there.
  void Free(uint8_t* data, int64_t size) override;
};

}  // namespace baton

#endif  // BATON_WORKER_COMM_TESTING_GUARDED_DEVICE_H_
