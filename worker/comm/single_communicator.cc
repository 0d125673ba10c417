#include "worker/comm/single_communicator.h"

#include <cstring>

namespace baton {

absl::Status SingleCommunicator::GatherColumns(Stream&, int, const float* local, int64_t rows,
                                               const std::vector<int64_t>& columns, float* out) {
  if (out != local) std::memcpy(out, local, rows * columns[0] * sizeof(float));
  return absl::OkStatus();
}

absl::Status SingleCommunicator::SendToNext(Stream&, const void*, int64_t) {
  return absl::InternalError("a group of one has no next rank");
}

absl::Status SingleCommunicator::ReceiveFromPrevious(Stream&, void*, int64_t) {
  return absl::InternalError("a group of one has no previous rank");
}

}  // namespace baton
