// The memory that the ranks of a communicator share, and its layout. Local communicators put it on
// the heap, Shm communicators into memory that several processes map.
#ifndef BATON_WORKER_COMM_SEGMENT_H_
#define BATON_WORKER_COMM_SEGMENT_H_

#include <atomic>
#include <cstdint>

namespace baton {

// One rank's lane. `sequence` counts the rank's collective operations: n means that what it had to
// say in operation n lies in buffers[n % num_buffers], and that it has finished reading for all
// operations before n. `sent` and `received` likewise count the chunks of the channel to the next
// rank.
struct SegmentLane {
  alignas(64) std::atomic<uint32_t> sequence;
  alignas(64) std::atomic<uint32_t> sent;
  alignas(64) std::atomic<uint32_t> received;
  alignas(64) std::atomic<uint32_t> sleepers;  // ranks asleep on one of this lane's words
  alignas(64)
      std::atomic<uint64_t> incarnation;  // written at rendezvous: proves that the memory is shared
};

struct SegmentHeader {
  alignas(64) std::atomic<uint32_t> aborted;  // not 0: some rank gave up
};

static_assert(std::atomic<uint32_t>::is_always_lock_free &&
                  std::atomic<uint64_t>::is_always_lock_free,
              "shared between processes");

constexpr int64_t kSegmentChunk = 256 << 10;  // bytes of one buffer

// Views over the bytes of a segment for `size` ranks. Zeroed memory is a valid fresh segment. With
// more collective buffers a rank may be that many operations ahead of its peers.
class Segment {
 public:
  Segment() = default;
  Segment(uint8_t* memory, int size, int num_buffers)
      : memory_(memory), size_(size), num_buffers_(num_buffers) {}
  static int64_t Bytes(int size, int num_buffers) {
    return 8192 + size * (512 + (num_buffers + 2) * kSegmentChunk);
  }

  int size() const { return size_; }
  uint32_t num_buffers() const { return static_cast<uint32_t>(num_buffers_); }
  SegmentHeader& header() const { return *reinterpret_cast<SegmentHeader*>(memory_); }
  SegmentLane& lane(int rank) const {
    return *reinterpret_cast<SegmentLane*>(memory_ + 64 + rank * 512);
  }
  uint8_t* collective_buffer(int rank, uint32_t n) const {
    return Buffer(rank, 2 + static_cast<int>(n % num_buffers()));
  }
  uint8_t* channel_buffer(int rank, uint32_t n) const {
    return Buffer(rank, static_cast<int>(n % 2));
  }

 private:
  uint8_t* Buffer(int rank, int i) const {
    const int64_t lanes = (64 + size_ * 512 + 4095) / 4096 * 4096;
    return memory_ + lanes + (rank * (num_buffers_ + 2) + i) * kSegmentChunk;
  }
  uint8_t* memory_ = nullptr;
  int size_ = 0;
  int num_buffers_ = 2;
};

static_assert(sizeof(SegmentLane) <= 512, "lanes are 512 bytes apart");

}  // namespace baton

#endif  // BATON_WORKER_COMM_SEGMENT_H_
