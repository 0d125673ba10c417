// How much memory a rank will take, known before it takes any.
#ifndef BATON_WORKER_MODEL_MEMORY_NEED_H_
#define BATON_WORKER_MODEL_MEMORY_NEED_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "kernels/ops.h"
#include "worker/model/gguf_file.h"
#include "worker/model/kv_cache.h"
#include "worker/model/model_config.h"
#include "worker/model/shard.h"
#include "worker/model/transformer.h"
#include "worker/model/weights.h"

namespace baton {

// Bytes of a rank's three buffers. A device may round each of them up; what a process takes beside
// them is not in it.
struct MemoryNeed {
  int64_t weights = 0;
  int64_t kv = 0;
  int64_t workspace = 0;
};

// `kv_memory` is what the KV cache may take: as many whole blocks as that holds, perhaps none.
// Fails as ModelWeights::Bytes does.
absl::StatusOr<MemoryNeed> MeasureMemoryNeed(const GgufFile& file, const ModelConfig& config,
                                             const Shard& shard, Ops& ops,
                                             const WeightOptions& weights, const KvCacheOptions& kv,
                                             int64_t kv_memory, const StepLimits& limits);

}  // namespace baton

#endif  // BATON_WORKER_MODEL_MEMORY_NEED_H_
