// A communicator over a shared Segment: for threads of one process (Local) and for processes of one
// host (Shm).
//
// Every collective operation has the same shape, chunk by chunk: write to the own lane's buffer,
// publish its number, wait for the peers' numbers, read their buffers. With B buffers a lane a rank
// may write operation n + B once all peers have published n + 1, since then all have finished
// reading n. Waiting spins for a moment and then sleeps.
#ifndef BATON_WORKER_COMM_SEGMENT_COMMUNICATOR_H_
#define BATON_WORKER_COMM_SEGMENT_COMMUNICATOR_H_

#include <atomic>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "common/mutex.h"
#include "worker/comm/communicator.h"
#include "worker/comm/segment.h"

namespace baton {

class SegmentCommunicator : public Communicator {
 public:
  // `owner` keeps the segment's memory alive. `timeout` bounds every wait for a peer.
  SegmentCommunicator(std::shared_ptr<void> owner, Segment segment, int rank,
                      absl::Duration timeout);

  int rank() const override { return rank_; }
  int size() const override { return segment_.size(); }
  absl::Status AllReduceSum(Stream& stream, float* data, int64_t count) override;
  absl::Status GatherColumns(Stream& stream, int root, const float* local, int64_t rows,
                             const std::vector<int64_t>& columns, float* out) override;
  absl::Status Broadcast(Stream& stream, int root, void* data, int64_t bytes) override;
  absl::Status SendToNext(Stream& stream, const void* data, int64_t bytes) override;
  absl::Status ReceiveFromPrevious(Stream& stream, void* data, int64_t bytes) override;
  void Abort(const absl::Status& reason) override;
  absl::Status AsyncError() const override;
  std::chrono::nanoseconds waited() const override { return waited_; }

 private:
  // Waits until `word`, one of `peer`'s, has reached `target`.
  absl::Status WaitFor(int peer, const std::atomic<uint32_t>& word, uint32_t target);
  absl::Status WaitSince(std::chrono::steady_clock::time_point start, int peer,
                         const std::atomic<uint32_t>& word, uint32_t target);
  // Sets a word of our own lane and wakes who sleeps on it.
  void Publish(std::atomic<uint32_t>& word, uint32_t value);
  // The start of the next collective operation: its number, and our buffer, which nobody reads any
  // more.
  absl::Status BeginOperation(uint8_t** buffer);
  absl::Status WaitForPeers();
  absl::Status AbortedByPeer();
  absl::Status Failure() const;

  const std::shared_ptr<void> owner_;
  const Segment segment_;
  const int rank_;
  const absl::Duration timeout_;

  // Of the computing thread.
  uint32_t operation_ = 0;
  std::chrono::nanoseconds waited_{0};

  std::atomic<bool> failed_{false};
  mutable Mutex mu_;
  absl::Status error_ ABSL_GUARDED_BY(mu_);
};

// The communicators of `size` threads of this process, by rank.
std::vector<std::unique_ptr<Communicator>> MakeLocalCommunicators(
    int size, absl::Duration timeout = absl::Seconds(30), int num_buffers = 2);

}  // namespace baton

#endif  // BATON_WORKER_COMM_SEGMENT_COMMUNICATOR_H_
