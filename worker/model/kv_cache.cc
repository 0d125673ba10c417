#include "worker/model/kv_cache.h"

#include "common/status_macros.h"

namespace baton {

int64_t KvCache::BytesPerBlock(const ModelConfig& config, const Shard& shard,
                               const KvCacheOptions& options) {
  return 2 * shard.layers.size() * shard.kv_heads.size() * options.block_size * config.head_dim *
         BlockBytes(options.dtype);
}

absl::StatusOr<KvCache> KvCache::Create(const ModelConfig& config, const Shard& shard,
                                        const KvCacheOptions& options, int64_t num_blocks,
                                        Device& device) {
  KvCache cache;
  const int64_t bytes = num_blocks * BytesPerBlock(config, shard, options);
  ASSIGN_OR_RETURN(cache.memory_, device.Allocate(bytes, "The KV cache's blocks (--kv-memory)"));
  cache.view_.keys = cache.memory_.data();
  cache.view_.values = cache.memory_.data() + bytes / 2;
  cache.view_.num_blocks = num_blocks;
  cache.view_.block_size = options.block_size;
  cache.view_.num_kv_heads = shard.kv_heads.size();
  cache.view_.head_dim = config.head_dim;
  cache.view_.dtype = options.dtype;
  return cache;
}

}  // namespace baton
