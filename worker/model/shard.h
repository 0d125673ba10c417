// Which part of a model a rank holds. A fixed rule of (model, tp, pp): never of measured speed, so
// that every process, now and later, cuts the same way.
#ifndef BATON_WORKER_MODEL_SHARD_H_
#define BATON_WORKER_MODEL_SHARD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/model/model_config.h"

namespace baton {

// A half-open range.
struct Range {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t size() const { return end - begin; }
};

// How a group divides the model: rank = stage · tp + tp_rank.
struct Parallelism {
  int tp = 1;
  int pp = 1;
  int rank = 0;
  int tp_rank() const { return rank % tp; }
  int stage() const { return rank / tp; }
  int size() const { return tp * pp; }
};

// One rank's part.
struct Shard {
  Parallelism parallelism;
  Range layers;
  Range heads;     // query heads
  Range kv_heads;  // their KV heads; ranks beyond the number of KV heads share copies
  Range ffn;       // columns of the feed-forward network
  Range vocab;     // rows of the embedding and of the output matrix
  bool first_stage() const { return parallelism.stage() == 0; }
  bool last_stage() const { return parallelism.stage() == parallelism.pp - 1; }
  std::string ToString() const;  // for people
};

// Heads: contiguous groups of KV heads; beyond the KV heads, each KV head's query heads are divided
// among the ranks that share it. Feed-forward: in units of 32 columns (a quantisation block), so
// that attention and feed-forward together are balanced. Vocabulary: in units of 16. Stages:
// contiguous layers, balanced with the output matrix counted to the last. InvalidArgument names
// --tp or --pp, its value and the limit.
absl::StatusOr<Shard> MakeShard(const ModelConfig& config, const Parallelism& parallelism);

// The same with the stages' layers given: `stage_ends`, ascending, one for each stage, the last
// being num_layers.
absl::StatusOr<Shard> MakeShard(const ModelConfig& config, const Parallelism& parallelism,
                                const std::vector<int64_t>& stage_ends);

// The default stage ends.
absl::StatusOr<std::vector<int64_t>> BalancedStageEnds(const ModelConfig& config, int pp);

}  // namespace baton

#endif  // BATON_WORKER_MODEL_SHARD_H_
