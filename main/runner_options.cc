#include "main/runner_options.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "worker/model/kv_cache.h"

namespace baton {
namespace {

absl::Status CheckOptions(const WorkerOptions& o, const ModelConfig& config) {
  if (o.device != "cpu" && o.device != "cuda" && o.device != "auto") {
    return absl::InvalidArgumentError(
        absl::StrCat("--device is ", o.device, "; it must be cpu, cuda or auto"));
  }
  if (o.kv_type != "f16" && o.kv_type != "f32") {
    return absl::InvalidArgumentError(
        absl::StrCat("--kv-type is ", o.kv_type, "; it must be f16 or f32"));
  }
  if (!IsKvBlockSize(o.kv_block_size)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--kv-block-size is ", o.kv_block_size, "; it must be ", kKvBlockSizes));
  }
  if (o.max_running == 0 || o.max_step_tokens < o.max_running) {
    return absl::InvalidArgumentError(absl::StrCat("--max-step-tokens is ", o.max_step_tokens,
                                                   "; it must be at least --max-running, ",
                                                   o.max_running));
  }
  if (o.max_model_len > config.context_length) {
    return absl::InvalidArgumentError(absl::StrCat("--max-model-len is ", o.max_model_len,
                                                   "; the model's context is ",
                                                   config.context_length));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RunnerOptions> MakeRunnerOptions(const WorkerOptions& o, const ModelConfig& config) {
  RETURN_IF_ERROR(CheckOptions(o, config));
  RunnerOptions r;
  r.parallelism = {static_cast<int>(o.tp), static_cast<int>(o.pp), static_cast<int>(o.rank)};
  r.kv.block_size = o.kv_block_size;
  r.kv.dtype = o.kv_type == "f16" ? DType::kF16 : DType::kF32;
  r.kv_memory = static_cast<int64_t>(o.kv_memory);
  r.max_slots = o.max_running;
  r.max_step_rows = o.max_running;
  r.max_step_tokens = o.max_step_tokens;
  r.max_model_len =
      o.max_model_len > 0 ? o.max_model_len : static_cast<uint32_t>(config.context_length);
  return r;
}

}  // namespace baton
