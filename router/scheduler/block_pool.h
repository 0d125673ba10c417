// The KV blocks of a group, as the router sees them: numbers, who holds which, and which hold
// something that can be used again.
#ifndef BATON_ROUTER_SCHEDULER_BLOCK_POOL_H_
#define BATON_ROUTER_SCHEDULER_BLOCK_POOL_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "router/scheduler/block_hash.h"

namespace baton {

class BlockPool;

// Blocks that a sequence holds, in order of position; given back when this dies. Move-only. The
// pool must outlive it.
class BlockLease {
 public:
  BlockLease() = default;
  explicit BlockLease(BlockPool* pool) : pool_(pool) {}
  ~BlockLease() { Release(); }
  BlockLease(BlockLease&& other) noexcept { *this = std::move(other); }
  BlockLease& operator=(BlockLease&& other) noexcept {
    if (this == &other) return *this;
    Release();
    pool_ = other.pool_;
    blocks_ = std::move(other.blocks_);
    other.blocks_.clear();
    return *this;
  }

  // Takes the indexed blocks of the longest known prefix of `hashes`, shared with whoever else
  // holds them; returns how many. The lease must be empty.
  int64_t TakePrefix(absl::Span<const BlockHash> hashes);
  // Adds blocks of its own until there are `count`; all or nothing: false when the pool has too
  // few.
  bool GrowTo(int64_t count);
  // Block `index` of the lease, its own, now holds (or will, before anything that is planned from
  // now on) what `hash` names. False when another block does already: this one is not indexed.
  bool Publish(int64_t index, const BlockHash& hash);
  void Release();

  const std::vector<int32_t>& blocks() const { return blocks_; }
  int64_t size() const { return static_cast<int64_t>(blocks_.size()); }

 private:
  BlockPool* pool_ = nullptr;
  std::vector<int32_t> blocks_;
};

// What came into a pool's index and what left it, in order.
struct IndexChange {
  BlockHash hash;
  bool added;
};

// Every block is held (by one lease or, if it is indexed, by several), or free. A free block that
// is indexed keeps its contents until it is the least recently used one and a block is needed. A
// lease frees its last block first, so a chain loses its end before its beginning (but where two
// leases came to hold the same contents in blocks of their own). Not thread-safe: it belongs to one
// scheduler.
class BlockPool {
 public:
  explicit BlockPool(int64_t num_blocks);
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  BlockLease NewLease() { return BlockLease(this); }
  // How many of the first `hashes` are indexed, up to the first that is not.
  int64_t MatchedPrefix(absl::Span<const BlockHash> hashes) const;

  // How many blocks would be free if all of these leases were released: not those that others hold,
  // too.
  int64_t NumFreedBy(const std::vector<const BlockLease*>& leases) const;

  int64_t num_blocks() const { return static_cast<int64_t>(blocks_.size()); }
  int64_t num_free() const { return num_free_; }  // indexed ones included
  int64_t num_used() const { return num_blocks() - num_free_; }
  int64_t num_indexed() const { return static_cast<int64_t>(index_.size()); }
  int64_t num_cached() const { return num_cached_; }  // free and indexed
  uint64_t num_evictions() const { return num_evictions_; }

  // The changes since the last call; kept only once this has been called with true.
  void LogIndexChanges(bool on) { log_changes_ = on; }
  std::vector<IndexChange> TakeIndexChanges() { return std::exchange(changes_, {}); }

  // Whether everything fits together, for tests: lists, counts and index. O(blocks).
  bool Consistent() const;

 private:
  friend class BlockLease;
  // Of a doubly linked list through the blocks.
  static constexpr int32_t kNone = -1;
  struct Block {
    int32_t holders = 0;
    bool indexed = false;
    BlockHash hash;  // if indexed
    // In the list of free blocks: least recently used first, those without contents before all.
    int32_t previous = kNone, next = kNone;
  };

  void Link(int32_t block, bool at_front);
  void Unlink(int32_t block);
  int32_t Take();
  void Hold(int32_t block);
  void GiveBack(int32_t block);
  void Log(const BlockHash& hash, bool added) {
    if (log_changes_) changes_.push_back({hash, added});
  }

  std::vector<Block> blocks_;
  int32_t first_free_ = kNone, last_free_ = kNone;
  int64_t num_free_ = 0, num_cached_ = 0;
  absl::flat_hash_map<BlockHash, int32_t> index_;  // never iterated over
  uint64_t num_evictions_ = 0;
  bool log_changes_ = false;
  std::vector<IndexChange> changes_;
};

}  // namespace baton

#endif  // BATON_ROUTER_SCHEDULER_BLOCK_POOL_H_
