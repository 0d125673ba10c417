#include "router/scheduler/block_pool.h"

#include "common/check.h"

namespace baton {

BlockPool::BlockPool(int64_t num_blocks) : held_(num_blocks, false) {
  for (int64_t b = num_blocks; b > 0; --b) free_.push_back(static_cast<int32_t>(b - 1));
}

int32_t BlockPool::Take() {
  const int32_t block = free_.back();
  free_.pop_back();
  BATON_CHECK(!held_[block]);
  held_[block] = true;
  return block;
}

void BlockPool::GiveBack(int32_t block) {
  BATON_CHECK(held_[block]);
  held_[block] = false;
  free_.push_back(block);
}

bool BlockLease::GrowTo(int64_t count) {
  const int64_t wanted = count - size();
  if (wanted <= 0) return true;
  if (pool_ == nullptr || wanted > pool_->num_free()) return false;
  for (int64_t i = 0; i < wanted; ++i) blocks_.push_back(pool_->Take());
  return true;
}

void BlockLease::Release() {
  for (int32_t block : blocks_) pool_->GiveBack(block);
  blocks_.clear();
}

}  // namespace baton
