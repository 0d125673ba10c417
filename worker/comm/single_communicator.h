// The communicator of a group of one: everything is already where it belongs.
#ifndef BATON_WORKER_COMM_SINGLE_COMMUNICATOR_H_
#define BATON_WORKER_COMM_SINGLE_COMMUNICATOR_H_

#include <vector>

#include "worker/comm/communicator.h"

namespace baton {

class SingleCommunicator : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  absl::Status AllReduceSum(Stream&, float*, int64_t) override { return absl::OkStatus(); }
  absl::Status GatherColumns(Stream& stream, int root, const float* local, int64_t rows,
                             const std::vector<int64_t>& columns, float* out) override;
  absl::Status Broadcast(Stream&, int, void*, int64_t) override { return absl::OkStatus(); }
  absl::Status SendToNext(Stream&, const void*, int64_t) override;
  absl::Status ReceiveFromPrevious(Stream&, void*, int64_t) override;
  void Abort(const absl::Status&) override {}
  absl::Status AsyncError() const override { return absl::OkStatus(); }
  std::chrono::nanoseconds waited() const override { return std::chrono::nanoseconds(0); }
};

}  // namespace baton

#endif  // BATON_WORKER_COMM_SINGLE_COMMUNICATOR_H_
