// One rank's weights: which tensors it needs, which part of each, and where they lie in memory.
#ifndef BATON_WORKER_MODEL_WEIGHTS_H_
#define BATON_WORKER_MODEL_WEIGHTS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kernels/device.h"
#include "kernels/ops.h"
#include "kernels/tensor.h"
#include "worker/model/gguf_file.h"
#include "worker/model/model_config.h"
#include "worker/model/shard.h"

namespace baton {

struct LayerWeights {
  const float* attn_norm = nullptr;  // [hidden]
  const float* ffn_norm = nullptr;   // [hidden]
  Weight q, k, v;                    // [local heads · head_dim, hidden]
  Weight attn_output;                // [hidden, local heads · head_dim]
  Weight gate, up;                   // [local ffn, hidden]
  Weight down;                       // [hidden, local ffn]
};

struct WeightOptions {
  // Holds every matrix as F32, dequantised: the float32 reference.
  bool as_f32 = false;
  // Once true, Load ends with CANCELLED after the piece of the file, a few MiB, that it is reading.
  const std::atomic<bool>* cancelled = nullptr;
};

// Immutable once loaded. Views into it live as long as it does.
class ModelWeights {
 public:
  // The bytes that Load will allocate. InvalidArgument where a shard would cut a quantisation
  // block, or a tensor's type has no kernels; the message names the tensor.
  static absl::StatusOr<int64_t> Bytes(const GgufFile& file, const ModelConfig& config,
                                       const Shard& shard, const Ops& ops,
                                       const WeightOptions& options);

  // What Load will give, but for the data: types and shapes, to measure by. Fails as Bytes does.
  static absl::StatusOr<std::unique_ptr<ModelWeights>> Describe(const GgufFile& file,
                                                                const ModelConfig& config,
                                                                const Shard& shard, const Ops& ops,
                                                                const WeightOptions& options);

  // Reads this rank's byte ranges, and no others, packing as it goes. `progress(done, total)`, in
  // bytes of the result, is called now and then. Fails as Bytes, Device::Allocate and
  // FileReader::ReadAt do, and when it is cancelled.
  static absl::StatusOr<std::unique_ptr<ModelWeights>> Load(
      const GgufFile& file, const ModelConfig& config, const Shard& shard, Ops& ops, Device& device,
      const WeightOptions& options, const std::function<void(int64_t, int64_t)>& progress);

  Weight embedding;  // first stage: [local vocab, hidden]
  Weight head;  // last stage: [local vocab, hidden]; the embedding's memory where they are tied
  const float* output_norm = nullptr;  // last stage: [hidden]
  std::vector<LayerWeights> layers;    // this stage's
  int64_t num_bytes() const { return memory_.size(); }

 private:
  Buffer memory_;
};

}  // namespace baton

#endif  // BATON_WORKER_MODEL_WEIGHTS_H_
