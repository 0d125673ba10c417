// One rank's keys and values: blocks of memory, for its layers and its KV heads. Which sequence
// holds which block is the router's business.
#ifndef BATON_WORKER_MODEL_KV_CACHE_H_
#define BATON_WORKER_MODEL_KV_CACHE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "kernels/device.h"
#include "kernels/tensor.h"
#include "worker/model/model_config.h"
#include "worker/model/shard.h"

namespace baton {

// What a block may have. Attention reads keys 16 at a time; a longer block would waste more memory
// at the end of each sequence than it saves in tables.
constexpr int64_t kKvBlockUnit = 16;
constexpr int64_t kMaxKvBlockSize = 1024;
constexpr char kKvBlockSizes[] = "a multiple of 16, 16 to 1024";  // the same, for people
constexpr bool IsKvBlockSize(int64_t positions) {
  return positions >= kKvBlockUnit && positions <= kMaxKvBlockSize && positions % kKvBlockUnit == 0;
}

struct KvCacheOptions {
  int64_t block_size = 16;    // positions of a block; IsKvBlockSize
  DType dtype = DType::kF16;  // or kF32
};

class KvCache {
 public:
  // Bytes of one block over all of the rank's layers.
  static int64_t BytesPerBlock(const ModelConfig& config, const Shard& shard,
                               const KvCacheOptions& options);

  static absl::StatusOr<KvCache> Create(const ModelConfig& config, const Shard& shard,
                                        const KvCacheOptions& options, int64_t num_blocks,
                                        Device& device);

  const KvCacheView& view() const { return view_; }
  int64_t num_bytes() const { return memory_.size(); }

 private:
  Buffer memory_;
  KvCacheView view_;
};

}  // namespace baton

#endif  // BATON_WORKER_MODEL_KV_CACHE_H_
