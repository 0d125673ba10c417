#include "router/scheduler/block_pool.h"

#include "common/check.h"

namespace baton {

BlockPool::BlockPool(int64_t num_blocks) : blocks_(static_cast<size_t>(num_blocks)) {
  for (int64_t b = 0; b < num_blocks; ++b) Link(static_cast<int32_t>(b), /*at_front=*/false);
}

void BlockPool::Link(int32_t block, bool at_front) {
  Block& b = blocks_[block];
  b.previous = at_front ? kNone : last_free_;
  b.next = at_front ? first_free_ : kNone;
  (b.previous == kNone ? first_free_ : blocks_[b.previous].next) = block;
  (b.next == kNone ? last_free_ : blocks_[b.next].previous) = block;
  ++num_free_;
  num_cached_ += b.indexed;
}

void BlockPool::Unlink(int32_t block) {
  Block& b = blocks_[block];
  (b.previous == kNone ? first_free_ : blocks_[b.previous].next) = b.next;
  (b.next == kNone ? last_free_ : blocks_[b.next].previous) = b.previous;
  b.previous = b.next = kNone;
  --num_free_;
  num_cached_ -= b.indexed;
}

int32_t BlockPool::Take() {
  const int32_t block = first_free_;
  Unlink(block);
  Block& b = blocks_[block];
  BATON_CHECK(b.holders == 0);
  if (b.indexed) {
    index_.erase(b.hash);
    b.indexed = false;
    ++num_evictions_;
    Log(b.hash, false);
  }
  b.holders = 1;
  return block;
}

void BlockPool::Hold(int32_t block) {
  if (blocks_[block].holders++ == 0) Unlink(block);
}

void BlockPool::GiveBack(int32_t block) {
  Block& b = blocks_[block];
  BATON_CHECK(b.holders > 0);
  if (--b.holders > 0) return;
  Link(block, /*at_front=*/!b.indexed);
}

int64_t BlockPool::MatchedPrefix(absl::Span<const BlockHash> hashes) const {
  size_t count = 0;
  while (count < hashes.size() && index_.contains(hashes[count])) ++count;
  return static_cast<int64_t>(count);
}

int64_t BlockPool::NumFreedBy(const std::vector<const BlockLease*>& leases) const {
  int64_t freed = 0;
  absl::flat_hash_map<int32_t, int32_t> holders;  // of shared blocks, among these
  for (const BlockLease* lease : leases) {
    for (int32_t block : lease->blocks()) {
      freed += blocks_[block].holders == 1 || ++holders[block] == blocks_[block].holders;
    }
  }
  return freed;
}

bool BlockPool::Consistent() const {
  int64_t free = 0, indexed = 0, cached = 0;
  int32_t previous = kNone;
  bool seen_indexed = false;
  for (int32_t b = first_free_; b != kNone; previous = b, b = blocks_[b].next, ++free) {
    if (free > num_blocks() || blocks_[b].holders != 0 || blocks_[b].previous != previous) {
      return false;
    }
    if (seen_indexed && !blocks_[b].indexed) return false;
    seen_indexed = seen_indexed || blocks_[b].indexed;
    cached += blocks_[b].indexed;
  }
  if (previous != last_free_ || free != num_free_ || cached != num_cached_) return false;
  int64_t held = 0;
  for (size_t b = 0; b < blocks_.size(); ++b) {
    held += blocks_[b].holders > 0;
    if (!blocks_[b].indexed) {
      if (blocks_[b].holders > 1) return false;
      continue;
    }
    ++indexed;
    const auto it = index_.find(blocks_[b].hash);
    if (it == index_.end() || it->second != static_cast<int32_t>(b)) return false;
  }
  return held + free == num_blocks() && indexed == num_indexed();
}

int64_t BlockLease::TakePrefix(absl::Span<const BlockHash> hashes) {
  BATON_CHECK(blocks_.empty() && pool_ != nullptr);
  for (const BlockHash& hash : hashes) {
    const auto it = pool_->index_.find(hash);
    if (it == pool_->index_.end()) break;
    pool_->Hold(it->second);
    blocks_.push_back(it->second);
  }
  return size();
}

bool BlockLease::GrowTo(int64_t count) {
  const int64_t wanted = count - size();
  if (wanted <= 0) return true;
  if (pool_ == nullptr || wanted > pool_->num_free()) return false;
  for (int64_t i = 0; i < wanted; ++i) blocks_.push_back(pool_->Take());
  return true;
}

bool BlockLease::Publish(int64_t index, const BlockHash& hash) {
  const int32_t block = blocks_[static_cast<size_t>(index)];
  BlockPool::Block& b = pool_->blocks_[block];
  BATON_CHECK(!b.indexed && b.holders == 1);
  if (!pool_->index_.emplace(hash, block).second) return false;
  b.indexed = true;
  b.hash = hash;
  pool_->Log(hash, true);
  return true;
}

void BlockLease::Release() {
  for (auto it = blocks_.rbegin(); it != blocks_.rend(); ++it) pool_->GiveBack(*it);
  blocks_.clear();
}

}  // namespace baton
