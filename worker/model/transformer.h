// The forward pass of one rank: a decoder-only transformer driven by its config, over a ragged
// batch of prefill chunks and decodes. It knows tensors and ranks, no requests.
#ifndef BATON_WORKER_MODEL_TRANSFORMER_H_
#define BATON_WORKER_MODEL_TRANSFORMER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "kernels/device.h"
#include "kernels/ops.h"
#include "kernels/tensor.h"
#include "worker/comm/communicator.h"
#include "worker/model/model_config.h"
#include "worker/model/shard.h"
#include "worker/model/weights.h"

namespace baton {

// The most that one step may hold; workspace is sized by it.
struct StepLimits {
  int64_t max_tokens = 512;
  int64_t max_rows = 64;         // output rows
  int64_t max_positions = 8192;  // of one sequence
  int64_t max_sequences = 64;
};

class Transformer {
 public:
  // Bytes of workspace that Create allocates.
  static int64_t WorkspaceBytes(const ModelConfig& config, const Shard& shard,
                                const ModelWeights& weights, Ops& ops, const StepLimits& limits);

  // All references must outlive the transformer.
  static absl::StatusOr<std::unique_ptr<Transformer>> Create(const ModelConfig& config,
                                                             const Shard& shard,
                                                             const ModelWeights& weights, Ops& ops,
                                                             Device& device,
                                                             const StepLimits& limits);

  // Runs this rank's layers. `tp` connects the ranks of this stage, `pp` those of this
  // tensor-parallel rank, by stage. `token_ids` [num_tokens] is read on the first stage; `rows` are
  // the indices of the tokens whose logits are wanted. On the last stage's rank 0, logits() then
  // holds them.
  absl::Status Forward(Stream& stream, const RaggedBatch& batch,
                       absl::Span<const int32_t> token_ids, absl::Span<const int32_t> rows,
                       const KvCacheView& cache, Communicator& tp, Communicator& pp);

  // [rows, vocab_size] of the last Forward, on the last stage's rank 0 only.
  const float* logits() const { return logits_; }

 private:
  Transformer(const ModelConfig& config, const Shard& shard, const ModelWeights& weights, Ops& ops)
      : config_(config), shard_(shard), weights_(weights), ops_(ops) {}

  // Carves the workspace out of `memory`, or only measures it (null); returns its size.
  int64_t Carve(uint8_t* memory, const StepLimits& limits);
  absl::Status FillRopeTables(Device& device, int64_t positions);
  OpsLimits LimitsOf(const StepLimits& limits) const;
  absl::Status Layer(Stream& stream, const RaggedBatch& batch, int64_t index,
                     const KvCacheView& cache, Communicator& tp, const float** pending);
  absl::Status Head(Stream& stream, absl::Span<const int32_t> rows, const float* pending,
                    Communicator& tp);

  const ModelConfig& config_;
  const Shard& shard_;
  const ModelWeights& weights_;
  Ops& ops_;
  Buffer memory_;

  // Workspace; T tokens, R rows, H hidden, all of this rank's shard.
  float* cos_ = nullptr;           // [positions, rope_dim / 2]
  float* sin_ = nullptr;           // likewise
  float* residual_ = nullptr;      // [T, H]
  float* delta_ = nullptr;         // [T, H]
  float* qkv_ = nullptr;           // [T, (heads + 2 · kv heads) · head_dim]
  float* gate_up_ = nullptr;       // [T, 2 · ffn]
  float* local_logits_ = nullptr;  // [R, local vocab]
  float* logits_ = nullptr;        // [R, vocab]
  float* row_residual_ = nullptr;  // [R, H]
  float* row_delta_ = nullptr;     // [R, H]
  uint8_t* normed_memory_ = nullptr;
  uint8_t* attention_memory_ = nullptr;
  uint8_t* ffn_memory_ = nullptr;
  std::vector<int64_t> vocab_columns_;  // of each tensor-parallel rank
  uint32_t normed_forms_ = 0, attention_forms_ = 0, ffn_forms_ = 0;
};

}  // namespace baton

#endif  // BATON_WORKER_MODEL_TRANSFORMER_H_
