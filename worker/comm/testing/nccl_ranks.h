// Ranks of NCCL communicators as threads of a test, over the stand-in library and the host's
// memory.
#ifndef BATON_WORKER_COMM_TESTING_NCCL_RANKS_H_
#define BATON_WORKER_COMM_TESTING_NCCL_RANKS_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/comm/communicator.h"
#include "worker/comm/nccl_communicator.h"
#include "worker/comm/nccl_library.h"
#include "worker/comm/nccl_options.h"
#include "worker/comm/testing/fake_nccl_control.h"
#include "worker/comm/testing/guarded_device.h"
#include "worker/comm/testing/host_comm_device.h"

namespace baton {

// The stand-in: what each test of a process shares.
std::shared_ptr<const NcclLibrary> FakeNccl();
void SetFaults(const FakeNcclFaults& faults);  // and counts from zero
void EndHangs();                               // no fault any more; the counts stay
FakeNcclCounts Counts();

// A communicator with devices of its own.
class NcclRank : public Communicator {
 public:
  static absl::StatusOr<std::unique_ptr<NcclRank>> Create(const NcclOptions& options);

  NcclCommunicator& nccl() { return *communicator_; }
  HostCommDevice& device() { return comm_device_; }

  int rank() const override { return communicator_->rank(); }
  int size() const override { return communicator_->size(); }
  absl::Status AllReduceSum(Stream& stream, float* data, int64_t count) override {
    return communicator_->AllReduceSum(stream, data, count);
  }
  absl::Status GatherColumns(Stream& stream, int root, const float* local, int64_t rows,
                             const std::vector<int64_t>& columns, float* out) override {
    return communicator_->GatherColumns(stream, root, local, rows, columns, out);
  }
  absl::Status Broadcast(Stream& stream, int root, void* data, int64_t bytes) override {
    return communicator_->Broadcast(stream, root, data, bytes);
  }
  absl::Status SendToNext(Stream& stream, const void* data, int64_t bytes) override {
    return communicator_->SendToNext(stream, data, bytes);
  }
  absl::Status ReceiveFromPrevious(Stream& stream, void* data, int64_t bytes) override {
    return communicator_->ReceiveFromPrevious(stream, data, bytes);
  }
  void Abort(const absl::Status& reason) override { communicator_->Abort(reason); }
  absl::Status AsyncError() const override { return communicator_->AsyncError(); }
  std::chrono::nanoseconds waited() const override { return communicator_->waited(); }

 private:
  GuardedDevice device_;
  HostCommDevice comm_device_;
  std::unique_ptr<NcclCommunicator> communicator_;  // last: it uses the devices
};

// `size` connected ranks with a new id and otherwise `options`; `change` may change each rank's.
std::vector<std::unique_ptr<NcclRank>> MakeNcclRanks(
    int size, const NcclOptions& options = {},
    const std::function<void(NcclOptions&)>& change = nullptr);

}  // namespace baton

#endif  // BATON_WORKER_COMM_TESTING_NCCL_RANKS_H_
