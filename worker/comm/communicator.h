// The exchange of data between the ranks of a group.
#ifndef BATON_WORKER_COMM_COMMUNICATOR_H_
#define BATON_WORKER_COMM_COMMUNICATOR_H_

#include <chrono>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "kernels/device.h"

namespace baton {

// Calls enqueue on a stream, and every rank makes the same calls in the same order. Sums are taken
// in rank order in f32, whatever the size, so that every rank has the same bits. A peer that is
// dead or late is a Status within the communicator's time limit (UNAVAILABLE or DEADLINE_EXCEEDED),
// never a hang; after any failure, or Abort, every further call fails at once and the communicator
// is only good for being destroyed.
//
// One thread computes; Abort and AsyncError may be called from any other.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;

  // data [count] = Σ over ranks, in rank order.
  virtual absl::Status AllReduceSum(Stream& stream, float* data, int64_t count) = 0;

  // Puts the ranks' matrices side by side at `root`: rank r has `local` [rows, columns[r]]; root's
  // `out` [rows, Σ columns]. `out` is not read elsewhere.
  virtual absl::Status GatherColumns(Stream& stream, int root, const float* local, int64_t rows,
                                     const std::vector<int64_t>& columns, float* out) = 0;

  // Copies root's bytes to every rank.
  virtual absl::Status Broadcast(Stream& stream, int root, void* data, int64_t bytes) = 0;

  // From this rank to rank + 1, and from rank − 1 to this one; in order.
  virtual absl::Status SendToNext(Stream& stream, const void* data, int64_t bytes) = 0;
  virtual absl::Status ReceiveFromPrevious(Stream& stream, void* data, int64_t bytes) = 0;

  // Fails everything under way and to come, here and, where possible, at the peers.
  virtual void Abort(const absl::Status& reason) = 0;
  // OK until something failed.
  virtual absl::Status AsyncError() const = 0;

  // How long the computing thread has waited for peers so far.
  virtual std::chrono::nanoseconds waited() const = 0;
};

}  // namespace baton

#endif  // BATON_WORKER_COMM_COMMUNICATOR_H_
