#include "worker/comm/segment_communicator.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/futex.h"
#include "common/status_macros.h"

namespace baton {
namespace {

// Longer than the imbalance between two ranks that both run; then the core is worth more to whoever
// lacks it.
constexpr auto kSpin = std::chrono::microseconds(50);
// Sleeps end at least this often, to see an abort.
constexpr absl::Duration kNap = absl::Milliseconds(20);

bool Reached(uint32_t value, uint32_t target) { return static_cast<int32_t>(value - target) >= 0; }

}  // namespace

SegmentCommunicator::SegmentCommunicator(std::shared_ptr<void> owner, Segment segment, int rank,
                                         absl::Duration timeout)
    : owner_(std::move(owner)), segment_(segment), rank_(rank), timeout_(timeout) {}

absl::Status SegmentCommunicator::Failure() const {
  MutexLock lock(&mu_);
  return error_;
}

absl::Status SegmentCommunicator::AsyncError() const {
  return failed_.load(std::memory_order_acquire) ? Failure() : absl::OkStatus();
}

void SegmentCommunicator::Abort(const absl::Status& reason) {
  {
    MutexLock lock(&mu_);
    if (error_.ok())
      error_ = reason.ok() ? absl::CancelledError("the communicator was aborted") : reason;
  }
  failed_.store(true, std::memory_order_release);
  segment_.header().aborted.store(1);
  for (int r = 0; r < size(); ++r) {
    SegmentLane& lane = segment_.lane(r);
    FutexWakeAll(&lane.sequence, /*shared=*/true);
    FutexWakeAll(&lane.sent, /*shared=*/true);
    FutexWakeAll(&lane.received, /*shared=*/true);
  }
}

absl::Status SegmentCommunicator::AbortedByPeer() {
  Abort(absl::UnavailableError("another rank aborted the communicator"));
  return Failure();
}

absl::Status SegmentCommunicator::WaitFor(int peer, const std::atomic<uint32_t>& word,
                                          uint32_t target) {
  if (Reached(word.load(std::memory_order_acquire), target)) return absl::OkStatus();
  const auto start = std::chrono::steady_clock::now();
  const absl::Status status = WaitSince(start, peer, word, target);
  waited_ += std::chrono::steady_clock::now() - start;
  return status;
}

absl::Status SegmentCommunicator::WaitSince(std::chrono::steady_clock::time_point start, int peer,
                                            const std::atomic<uint32_t>& word, uint32_t target) {
  SegmentLane& lane = segment_.lane(peer);
  while (true) {
    for (int i = 0; i < 64; ++i) {
      if (Reached(word.load(std::memory_order_acquire), target)) return absl::OkStatus();
      CpuRelax();
    }
    if (failed_.load(std::memory_order_acquire)) return Failure();
    if (segment_.header().aborted.load(std::memory_order_relaxed) != 0) {
      return AbortedByPeer();
    }
    const auto waited = std::chrono::steady_clock::now() - start;
    if (waited < kSpin) continue;
    if (absl::FromChrono(waited) > timeout_) {
      Abort(absl::DeadlineExceededError(absl::StrFormat("rank %d waited %s for rank %d", rank_,
                                                        absl::FormatDuration(timeout_), peer)));
      return Failure();
    }
    lane.sleepers.fetch_add(1);
    const uint32_t seen = word.load();
    if (!Reached(seen, target) && segment_.header().aborted.load() == 0) {
      FutexWait(&word, seen, kNap, /*shared=*/true);
    }
    lane.sleepers.fetch_sub(1);
  }
}

void SegmentCommunicator::Publish(std::atomic<uint32_t>& word, uint32_t value) {
  word.store(value);
  if (segment_.lane(rank_).sleepers.load() > 0) FutexWakeAll(&word, /*shared=*/true);
}

absl::Status SegmentCommunicator::BeginOperation(uint8_t** buffer) {
  if (failed_.load(std::memory_order_acquire)) return Failure();
  if (segment_.header().aborted.load(std::memory_order_relaxed) != 0) return AbortedByPeer();
  ++operation_;
  for (int r = 0; r < size(); ++r) {
    if (r == rank_) continue;
    RETURN_IF_ERROR(WaitFor(r, segment_.lane(r).sequence, operation_ + 1 - segment_.num_buffers()));
  }
  *buffer = segment_.collective_buffer(rank_, operation_);
  return absl::OkStatus();
}

absl::Status SegmentCommunicator::WaitForPeers() {
  for (int r = 0; r < size(); ++r) {
    if (r != rank_) RETURN_IF_ERROR(WaitFor(r, segment_.lane(r).sequence, operation_));
  }
  return absl::OkStatus();
}

absl::Status SegmentCommunicator::AllReduceSum(Stream&, float* data, int64_t count) {
  constexpr int64_t kChunk = kSegmentChunk / sizeof(float);
  for (int64_t begin = 0; begin < count; begin += kChunk) {
    const int64_t n = std::min(kChunk, count - begin);
    uint8_t* buffer;
    RETURN_IF_ERROR(BeginOperation(&buffer));
    std::memcpy(buffer, data + begin, n * sizeof(float));
    Publish(segment_.lane(rank_).sequence, operation_);
    RETURN_IF_ERROR(WaitForPeers());
    float* out = data + begin;
    const auto part = [&](int r) {
      return reinterpret_cast<const float*>(segment_.collective_buffer(r, operation_));
    };
    const float* first = part(0);
    const float* second = part(1);
    for (int64_t i = 0; i < n; ++i) out[i] = first[i] + second[i];
    for (int r = 2; r < size(); ++r) {
      const float* next = part(r);
      for (int64_t i = 0; i < n; ++i) out[i] += next[i];
    }
  }
  return absl::OkStatus();
}

absl::Status SegmentCommunicator::GatherColumns(Stream&, int root, const float* local, int64_t rows,
                                                const std::vector<int64_t>& columns, float* out) {
  constexpr int64_t kChunk = kSegmentChunk / sizeof(float);
  int64_t total = 0, widest = 0, own_offset = 0;
  for (int r = 0; r < size(); ++r) {
    if (r < rank_) own_offset += columns[r];
    total += columns[r];
    widest = std::max(widest, columns[r]);
  }
  if (rank_ == root) {
    for (int64_t row = 0; row < rows; ++row) {
      std::memcpy(out + row * total + own_offset, local + row * columns[rank_],
                  columns[rank_] * sizeof(float));
    }
  }
  // Chunk c of rank r is elements [c · kChunk, …) of its matrix, which may end in the middle of a
  // row.
  const int64_t chunks = (rows * widest + kChunk - 1) / kChunk;
  for (int64_t c = 0; c < chunks; ++c) {
    uint8_t* buffer;
    RETURN_IF_ERROR(BeginOperation(&buffer));
    const int64_t begin = c * kChunk;
    const int64_t own = std::min(kChunk, rows * columns[rank_] - begin);
    if (rank_ != root && own > 0) std::memcpy(buffer, local + begin, own * sizeof(float));
    Publish(segment_.lane(rank_).sequence, operation_);
    if (rank_ != root) continue;
    int64_t offset = 0;
    for (int r = 0; r < size(); ++r) {
      if (r != rank_) {
        RETURN_IF_ERROR(WaitFor(r, segment_.lane(r).sequence, operation_));
        const float* src =
            reinterpret_cast<const float*>(segment_.collective_buffer(r, operation_));
        const int64_t end = std::min(begin + kChunk, rows * columns[r]);
        for (int64_t i = begin; i < end;) {
          const int64_t row = i / columns[r], col = i % columns[r];
          const int64_t n = std::min(columns[r] - col, end - i);
          std::memcpy(out + row * total + offset + col, src + (i - begin), n * sizeof(float));
          i += n;
        }
      }
      offset += columns[r];
    }
  }
  return absl::OkStatus();
}

absl::Status SegmentCommunicator::Broadcast(Stream&, int root, void* data, int64_t bytes) {
  uint8_t* p = static_cast<uint8_t*>(data);
  for (int64_t begin = 0; begin < bytes; begin += kSegmentChunk) {
    const int64_t n = std::min(kSegmentChunk, bytes - begin);
    uint8_t* buffer;
    RETURN_IF_ERROR(BeginOperation(&buffer));
    if (rank_ == root) std::memcpy(buffer, p + begin, n);
    Publish(segment_.lane(rank_).sequence, operation_);
    if (rank_ == root) continue;
    RETURN_IF_ERROR(WaitFor(root, segment_.lane(root).sequence, operation_));
    std::memcpy(p + begin, segment_.collective_buffer(root, operation_), n);
  }
  return absl::OkStatus();
}

absl::Status SegmentCommunicator::SendToNext(Stream&, const void* data, int64_t bytes) {
  const uint8_t* p = static_cast<const uint8_t*>(data);
  SegmentLane& lane = segment_.lane(rank_);
  for (int64_t begin = 0; begin < bytes; begin += kSegmentChunk) {
    if (failed_.load(std::memory_order_acquire)) return Failure();
    const uint32_t n = lane.sent.load(std::memory_order_relaxed) + 1;
    // The next rank's lane counts what it has received.
    RETURN_IF_ERROR(WaitFor(rank_ + 1, segment_.lane(rank_ + 1).received, n - 2));
    std::memcpy(segment_.channel_buffer(rank_, n), p + begin,
                std::min(kSegmentChunk, bytes - begin));
    Publish(lane.sent, n);
  }
  return absl::OkStatus();
}

absl::Status SegmentCommunicator::ReceiveFromPrevious(Stream&, void* data, int64_t bytes) {
  uint8_t* p = static_cast<uint8_t*>(data);
  SegmentLane& lane = segment_.lane(rank_);
  for (int64_t begin = 0; begin < bytes; begin += kSegmentChunk) {
    if (failed_.load(std::memory_order_acquire)) return Failure();
    const uint32_t n = lane.received.load(std::memory_order_relaxed) + 1;
    RETURN_IF_ERROR(WaitFor(rank_ - 1, segment_.lane(rank_ - 1).sent, n));
    std::memcpy(p + begin, segment_.channel_buffer(rank_ - 1, n),
                std::min(kSegmentChunk, bytes - begin));
    Publish(lane.received, n);
  }
  return absl::OkStatus();
}

std::vector<std::unique_ptr<Communicator>> MakeLocalCommunicators(int size, absl::Duration timeout,
                                                                  int num_buffers) {
  // Over-aligned by hand: lanes and buffers start at multiples of 64.
  const int64_t bytes = Segment::Bytes(size, num_buffers) + 4096;
  std::shared_ptr<uint8_t> memory(new uint8_t[bytes](), std::default_delete<uint8_t[]>());
  uint8_t* aligned = memory.get() + (4096 - reinterpret_cast<uintptr_t>(memory.get()) % 4096);
  std::vector<std::unique_ptr<Communicator>> all;
  for (int r = 0; r < size; ++r) {
    all.push_back(std::make_unique<SegmentCommunicator>(memory, Segment(aligned, size, num_buffers),
                                                        r, timeout));
  }
  return all;
}

}  // namespace baton
