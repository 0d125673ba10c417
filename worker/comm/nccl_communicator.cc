#include "worker/comm/nccl_communicator.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_format.h"
#include "common/status_macros.h"

namespace baton {
namespace {

// Segments are multiples of 16 bytes, with which NCCL moves data fastest.
constexpr int64_t kSegmentUnit = 4;
constexpr int64_t kFloat = sizeof(float);

absl::Status CheckOptions(const NcclOptions& options) {
  if (options.size < 1 || options.rank < 0 || options.rank >= options.size) {
    return absl::InvalidArgumentError(
        absl::StrFormat("rank %d is not one of %d", options.rank, options.size));
  }
  const int64_t least = options.size * kSegmentUnit * kFloat;
  if (options.workspace_bytes < least) {
    return absl::InvalidArgumentError(
        absl::StrFormat("a workspace of %d bytes is too small for %d ranks; at least %d",
                        options.workspace_bytes, options.size, least));
  }
  return absl::OkStatus();
}

// Makes `call(rank)` for every rank but one, until one is an error.
template <typename Call>
nccl::Result ForPeers(int size, int self, const Call& call) {
  nccl::Result result = nccl::kSuccess;
  for (int r = 0; r < size && (result == nccl::kSuccess || result == nccl::kInProgress); ++r) {
    if (r != self) result = call(r);
  }
  return result;
}

}  // namespace

absl::StatusOr<std::unique_ptr<NcclCommunicator>> NcclCommunicator::Create(
    std::shared_ptr<const NcclLibrary> library, const NcclOptions& options, Device* device,
    CommDevice* comm_device) {
  RETURN_IF_ERROR(CheckOptions(options));
  ASSIGN_OR_RETURN(Buffer workspace,
                   device->Allocate(options.workspace_bytes, "the communicator's workspace"));
  ASSIGN_OR_RETURN(std::unique_ptr<NcclConnection> connection,
                   NcclConnection::Connect(std::move(library), comm_device, options));
  return std::unique_ptr<NcclCommunicator>(
      new NcclCommunicator(options, comm_device, std::move(workspace), std::move(connection)));
}

NcclCommunicator::NcclCommunicator(const NcclOptions& options, CommDevice* device, Buffer workspace,
                                   std::unique_ptr<NcclConnection> connection)
    : options_(options),
      device_(device),
      workspace_(std::move(workspace)),
      connection_(std::move(connection)),
      nccl_(connection_->library()) {}

absl::Status NcclCommunicator::AllReduceSum(Stream& stream, float* data, int64_t count) {
  if (size() == 1) return connection_->error();
  return connection_->Call(stream, "an all-reduce", [&]() -> absl::Status {
    int64_t begin = 0;
    if (count * kFloat >= options_.large_message_bytes) {
      const int64_t unit = size() * kSegmentUnit;
      while (count - begin >= unit) {
        const int64_t n = std::min(count - begin, workspace_floats()) / unit * unit;
        RETURN_IF_ERROR(SumSegments(stream, data + begin, n / size()));
        begin += n;
      }
    }
    while (begin < count) {
      const int64_t n = std::min(count - begin, workspace_floats() / size());
      RETURN_IF_ERROR(SumWhole(stream, data + begin, n));
      begin += n;
    }
    return absl::OkStatus();
  });
}

absl::Status NcclCommunicator::SumWhole(Stream& stream, float* data, int64_t count) {
  RETURN_IF_ERROR(connection_->Enqueue([&](nccl::Comm comm, nccl::CudaStream native) {
    return nccl_->AllGather(data, workspace(), count, nccl::kFloat32, comm, native);
  }));
  return device_->SumRanks(stream, workspace(), count, size(), count, data);
}

absl::Status NcclCommunicator::SumSegments(Stream& stream, float* data, int64_t segment) {
  float* own = data + rank() * segment;
  RETURN_IF_ERROR(device_->CopyColumns(stream, own, segment, 1, segment,
                                       workspace() + rank() * segment, segment));
  RETURN_IF_ERROR(connection_->Enqueue([&](nccl::Comm comm, nccl::CudaStream native) {
    return ForPeers(size(), rank(), [&](int r) {
      const nccl::Result sent =
          nccl_->Send(data + r * segment, segment, nccl::kFloat32, r, comm, native);
      if (sent != nccl::kSuccess && sent != nccl::kInProgress) return sent;
      return nccl_->Recv(workspace() + r * segment, segment, nccl::kFloat32, r, comm, native);
    });
  }));
  RETURN_IF_ERROR(device_->SumRanks(stream, workspace(), segment, size(), segment, own));
  return connection_->Enqueue([&](nccl::Comm comm, nccl::CudaStream native) {
    return nccl_->AllGather(own, data, segment, nccl::kFloat32, comm, native);
  });
}

absl::Status NcclCommunicator::GatherColumns(Stream& stream, int root, const float* local,
                                             int64_t rows, const std::vector<int64_t>& columns,
                                             float* out) {
  const int64_t total = std::accumulate(columns.begin(), columns.end(), int64_t{0});
  const int64_t own_offset = std::accumulate(columns.begin(), columns.begin() + rank(), int64_t{0});
  const int64_t most_rows = std::max<int64_t>(1, workspace_floats() / std::max<int64_t>(1, total));
  return connection_->Call(stream, "a gather of columns", [&]() -> absl::Status {
    if (rank() == root && out + own_offset != local) {
      RETURN_IF_ERROR(device_->CopyColumns(stream, local, columns[root], rows, columns[root],
                                           out + own_offset, total));
    }
    if (size() == 1) return absl::OkStatus();
    for (int64_t begin = 0; begin < rows; begin += most_rows) {
      const int64_t n = std::min(most_rows, rows - begin);
      if (rank() == root) {
        RETURN_IF_ERROR(ReceiveRows(stream, n, columns, out + begin * total));
      }
      if (rank() == root || columns[rank()] == 0) continue;
      RETURN_IF_ERROR(connection_->Enqueue([&](nccl::Comm comm, nccl::CudaStream native) {
        return nccl_->Send(local + begin * columns[rank()], n * columns[rank()], nccl::kFloat32,
                           root, comm, native);
      }));
    }
    return absl::OkStatus();
  });
}

absl::Status NcclCommunicator::ReceiveRows(Stream& stream, int64_t rows,
                                           const std::vector<int64_t>& columns, float* out) {
  std::vector<int64_t> offsets(size(), 0);
  std::partial_sum(columns.begin(), columns.end() - 1, offsets.begin() + 1);
  const int64_t total = offsets.back() + columns.back();
  // One row's parts are in their places as they come; more rows go through the workspace.
  float* const to = rows == 1 ? out : workspace();
  RETURN_IF_ERROR(connection_->Enqueue([&](nccl::Comm comm, nccl::CudaStream native) {
    return ForPeers(size(), rank(), [&](int r) {
      if (columns[r] == 0) return nccl::kSuccess;
      return nccl_->Recv(to + rows * offsets[r], rows * columns[r], nccl::kFloat32, r, comm,
                         native);
    });
  }));
  if (rows == 1) return absl::OkStatus();
  for (int r = 0; r < size(); ++r) {
    if (r == rank() || columns[r] == 0) continue;
    RETURN_IF_ERROR(device_->CopyColumns(stream, workspace() + rows * offsets[r], columns[r], rows,
                                         columns[r], out + offsets[r], total));
  }
  return absl::OkStatus();
}

absl::Status NcclCommunicator::Broadcast(Stream& stream, int root, void* data, int64_t bytes) {
  if (size() == 1) return connection_->error();
  return connection_->Call(stream, "a broadcast", [&] {
    return connection_->Enqueue([&](nccl::Comm comm, nccl::CudaStream native) {
      return nccl_->Broadcast(data, data, bytes, nccl::kUint8, root, comm, native);
    });
  });
}

absl::Status NcclCommunicator::SendToNext(Stream& stream, const void* data, int64_t bytes) {
  if (rank() + 1 == size()) return absl::InternalError("the last rank has no next one");
  return connection_->Call(stream, "a send to the next rank", [&] {
    return connection_->Enqueue([&](nccl::Comm comm, nccl::CudaStream native) {
      return nccl_->Send(data, bytes, nccl::kUint8, rank() + 1, comm, native);
    });
  });
}

absl::Status NcclCommunicator::ReceiveFromPrevious(Stream& stream, void* data, int64_t bytes) {
  if (rank() == 0) return absl::InternalError("rank 0 has no previous one");
  return connection_->Call(stream, "a receive from the previous rank", [&] {
    return connection_->Enqueue([&](nccl::Comm comm, nccl::CudaStream native) {
      return nccl_->Recv(data, bytes, nccl::kUint8, rank() - 1, comm, native);
    });
  });
}

absl::Status NcclCommunicator::Wait(Stream& stream) { return connection_->Wait(stream); }

}  // namespace baton
