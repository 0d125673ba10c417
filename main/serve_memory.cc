#include "main/serve_memory.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "kernels/cpu/cpu_ops.h"
#include "main/flag_values.h"
#include "main/runner_options.h"
#include "worker/model/gguf_file.h"
#include "worker/model/memory_need.h"
#include "worker/model/model_config.h"
#include "worker/model/shard.h"

namespace baton {
namespace {

// Of all ranks of one group.
absl::StatusOr<MemoryNeed> GroupNeed(const GgufFile& file, const ModelConfig& config,
                                     const RunnerOptions& runner) {
  CpuOps ops(1);
  StepLimits limits;
  limits.max_tokens = runner.max_step_tokens;
  limits.max_rows = runner.max_step_rows;
  limits.max_positions = runner.max_model_len;
  Parallelism parallelism = runner.parallelism;
  MemoryNeed sum;
  for (parallelism.rank = 0; parallelism.rank < parallelism.size(); ++parallelism.rank) {
    ASSIGN_OR_RETURN(const Shard shard, MakeShard(config, parallelism));
    ASSIGN_OR_RETURN(const MemoryNeed need,
                     MeasureMemoryNeed(file, config, shard, ops, runner.weights, runner.kv,
                                       runner.kv_memory, limits));
    sum.weights += need.weights;
    sum.workspace += need.workspace;
  }
  return sum;
}

}  // namespace

absl::Status CheckServeMemory(const ServeOptions& options, int64_t available) {
  const WorkerOptions& worker = options.worker;
  ASSIGN_OR_RETURN(const std::unique_ptr<GgufFile> file, GgufFile::Open(worker.model));
  ASSIGN_OR_RETURN(const ModelConfig config, ModelConfigFromGguf(*file));
  ASSIGN_OR_RETURN(const RunnerOptions runner, MakeRunnerOptions(worker, config));
  ASSIGN_OR_RETURN(const MemoryNeed group, GroupNeed(*file, config, runner));
  const uint64_t weights = options.groups * static_cast<uint64_t>(group.weights);
  const uint64_t workspace = options.groups * static_cast<uint64_t>(group.workspace);
  const uint64_t workers = uint64_t{options.groups} * worker.tp * worker.pp;
  const uint64_t room = available;
  const std::string all =
      absl::StrCat(workers, workers == 1 ? " worker needs " : " workers need ", ShowBytes(weights),
                   " for weights and ", ShowBytes(workspace), " for workspace");
  if (weights + workspace > room) {
    return absl::ResourceExhaustedError(absl::StrCat("--model ", worker.model, ": ", all, "; ",
                                                     ShowBytes(room), " of memory are available"));
  }
  const uint64_t most = (room - weights - workspace) / workers;
  if (worker.kv_memory <= most) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "--kv-memory is ", ShowBytes(worker.kv_memory), " a worker; at most ", ShowBytes(most),
      " fit: ", all, ", and ", ShowBytes(room), " of memory are available"));
}

}  // namespace baton
