// The KV blocks of a group, as the router sees them: numbers, and who holds which.
#ifndef BATON_ROUTER_SCHEDULER_BLOCK_POOL_H_
#define BATON_ROUTER_SCHEDULER_BLOCK_POOL_H_

#include <cstdint>
#include <utility>
#include <vector>

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

  // Adds blocks until there are `count`; all or nothing: false when the pool has too few.
  bool GrowTo(int64_t count);
  void Release();
  const std::vector<int32_t>& blocks() const { return blocks_; }
  int64_t size() const { return static_cast<int64_t>(blocks_.size()); }

 private:
  BlockPool* pool_ = nullptr;
  std::vector<int32_t> blocks_;
};

// Not thread-safe: it belongs to one scheduler.
class BlockPool {
 public:
  explicit BlockPool(int64_t num_blocks);
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  BlockLease NewLease() { return BlockLease(this); }
  int64_t num_blocks() const { return static_cast<int64_t>(held_.size()); }
  int64_t num_free() const { return static_cast<int64_t>(free_.size()); }
  int64_t num_used() const { return num_blocks() - num_free(); }

 private:
  friend class BlockLease;
  int32_t Take();
  void GiveBack(int32_t block);

  std::vector<int32_t> free_;  // the last one is taken next
  std::vector<bool> held_;     // by block: catches what is freed twice
};

}  // namespace baton

#endif  // BATON_ROUTER_SCHEDULER_BLOCK_POOL_H_
