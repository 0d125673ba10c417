// What a communicator over a device's own memory needs of the device beside that memory.
#ifndef BATON_WORKER_COMM_COMM_DEVICE_H_
#define BATON_WORKER_COMM_COMM_DEVICE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/device.h"

namespace baton {

// SumRanks and CopyColumns enqueue on the stream and do not wait; a Status means accepted. Used by
// the one thread that computes.
class CommDevice {
 public:
  virtual ~CommDevice() = default;

  // The device's own handle of the stream (a cudaStream_t), as the library of the interconnect
  // takes it.
  virtual void* NativeStream(Stream& stream) = 0;

  // out[i] = ((g[0][i] + g[1][i]) + g[2][i]) + … in f32 and in this order, for i < count, where
  // g[r] = gathered + r · stride. `out` does not overlap `gathered`.
  virtual absl::Status SumRanks(Stream& stream, const float* gathered, int64_t stride, int ranks,
                                int64_t count, float* out) = 0;

  // to[row][c] = from[row][c] for row < rows, c < columns; rows are `from_stride` and `to_stride`
  // floats apart. The two do not overlap.
  virtual absl::Status CopyColumns(Stream& stream, const float* from, int64_t from_stride,
                                   int64_t rows, int64_t columns, float* to, int64_t to_stride) = 0;

  // Whether everything enqueued on the stream so far has run. Never waits. Not OK when the device
  // has failed; then nothing runs any more.
  virtual absl::StatusOr<bool> Done(Stream& stream) = 0;
};

}  // namespace baton

#endif  // BATON_WORKER_COMM_COMM_DEVICE_H_
