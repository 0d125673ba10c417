// The communicator between GPUs, over NCCL.
//
// NCCL's own all-reduce adds in an order that depends on the message's size and on the machine, so
// it is not used: data is gathered, and the device adds in rank order. Small messages go to every
// rank whole; of large ones every rank gets a segment from everybody, adds it, and hands the sum
// round. Each element is added once and in the same order in both, so their bits are the same.
#ifndef BATON_WORKER_COMM_NCCL_COMMUNICATOR_H_
#define BATON_WORKER_COMM_NCCL_COMMUNICATOR_H_

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/comm/comm_device.h"
#include "worker/comm/communicator.h"
#include "worker/comm/nccl_connection.h"
#include "worker/comm/nccl_library.h"
#include "worker/comm/nccl_options.h"

namespace baton {

// Errors: DEADLINE_EXCEEDED when a peer is late, UNAVAILABLE with NCCL's words when NCCL fails, as
// it does when it notices that a peer is dead; the device's own Status when that fails. NCCL does
// not say which peer it was. A call that fails returns when its memory is free to be used
// otherwise: after the abort, or when on_abort_hangs returns. All calls go to one stream, or to
// streams that the caller keeps in order; a stream lives until what was enqueued on it has been
// waited for, or the communicator has ended. Abort is of this rank only: peers learn of it from
// NCCL or by their deadline.
class NcclCommunicator : public Communicator {
 public:
  // Takes the workspace and connects, as NcclConnection::Connect says; blocks up to connect_limit.
  // INVALID_ARGUMENT, before anything is done, for options that make no sense. The thread's current
  // device, where there are several, is the one that NCCL uses. Device and comm_device outlive the
  // communicator, which is destroyed by the thread that computes.
  static absl::StatusOr<std::unique_ptr<NcclCommunicator>> Create(
      std::shared_ptr<const NcclLibrary> library, const NcclOptions& options, Device* device,
      CommDevice* comm_device);

  int rank() const override { return options_.rank; }
  int size() const override { return options_.size; }
  absl::Status AllReduceSum(Stream& stream, float* data, int64_t count) override;
  absl::Status GatherColumns(Stream& stream, int root, const float* local, int64_t rows,
                             const std::vector<int64_t>& columns, float* out) override;
  absl::Status Broadcast(Stream& stream, int root, void* data, int64_t bytes) override;
  // With wait_in_calls it returns when the next rank has received all of it.
  absl::Status SendToNext(Stream& stream, const void* data, int64_t bytes) override;
  absl::Status ReceiveFromPrevious(Stream& stream, void* data, int64_t bytes) override;
  void Abort(const absl::Status& reason) override { connection_->Abort(reason); }
  absl::Status AsyncError() const override { return connection_->error(); }
  // Its own device's work that a wait had to wait for counts too.
  std::chrono::nanoseconds waited() const override { return connection_->waited(); }

  // Waits until all that was enqueued on the stream has run, within operation_limit; for
  // communicators without wait_in_calls.
  absl::Status Wait(Stream& stream);

  // Registers what must happen before NCCL is told to abort: CUDA graphs that use the communicator
  // have to be gone by then. See NcclConnection::BeforeAbort. Before a clean end it is up to the
  // caller.
  absl::Status BeforeAbort(std::function<void()> callback) {
    return connection_->BeforeAbort(std::move(callback));
  }

 private:
  NcclCommunicator(const NcclOptions& options, CommDevice* device, Buffer workspace,
                   std::unique_ptr<NcclConnection> connection);
  // data [count]: gathers all of it from everybody and adds. At most the workspace's size over the
  // ranks.
  absl::Status SumWhole(Stream& stream, float* data, int64_t count);
  // data [size, segment]: adds the own segment, then gathers the sums. At most the workspace's
  // size.
  absl::Status SumSegments(Stream& stream, float* data, int64_t segment);
  // At the root: `rows` rows of everybody else's into `out`.
  absl::Status ReceiveRows(Stream& stream, int64_t rows, const std::vector<int64_t>& columns,
                           float* out);
  float* workspace() const { return reinterpret_cast<float*>(workspace_.data()); }
  int64_t workspace_floats() const { return workspace_.size() / static_cast<int>(sizeof(float)); }

  const NcclOptions options_;
  CommDevice* const device_;
  const Buffer workspace_;
  const std::unique_ptr<NcclConnection> connection_;  // ends before the workspace does
  const NcclLibrary& nccl_;
};

}  // namespace baton

#endif  // BATON_WORKER_COMM_NCCL_COMMUNICATOR_H_
