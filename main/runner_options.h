// From a worker's flags to what its runner is made with.
#ifndef BATON_MAIN_RUNNER_OPTIONS_H_
#define BATON_MAIN_RUNNER_OPTIONS_H_

#include "absl/status/statusor.h"
#include "main/run_worker.h"
#include "worker/model/model_config.h"
#include "worker/runner/model_runner.h"

namespace baton {

// INVALID_ARGUMENT, one line, names the flag that is wrong by itself, beside another flag or for
// this model, what was found and what was expected. Whether the model can be cut so is MakeShard's
// matter.
absl::StatusOr<RunnerOptions> MakeRunnerOptions(const WorkerOptions& options,
                                                const ModelConfig& config);

}  // namespace baton

#endif  // BATON_MAIN_RUNNER_OPTIONS_H_
