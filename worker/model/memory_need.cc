#include "worker/model/memory_need.h"

#include <memory>

#include "common/status_macros.h"

namespace baton {

absl::StatusOr<MemoryNeed> MeasureMemoryNeed(const GgufFile& file, const ModelConfig& config,
                                             const Shard& shard, Ops& ops,
                                             const WeightOptions& weights, const KvCacheOptions& kv,
                                             int64_t kv_memory, const StepLimits& limits) {
  MemoryNeed need;
  ASSIGN_OR_RETURN(need.weights, ModelWeights::Bytes(file, config, shard, ops, weights));
  const int64_t block = KvCache::BytesPerBlock(config, shard, kv);
  need.kv = kv_memory / block * block;
  ASSIGN_OR_RETURN(const std::unique_ptr<ModelWeights> described,
                   ModelWeights::Describe(file, config, shard, ops, weights));
  need.workspace = Transformer::WorkspaceBytes(config, shard, *described, ops, limits);
  return need;
}

}  // namespace baton
