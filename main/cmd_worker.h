// `baton worker`: one shard of a model, started by hand or by an orchestrator.
#ifndef BATON_MAIN_CMD_WORKER_H_
#define BATON_MAIN_CMD_WORKER_H_

#include "main/command.h"
#include "main/run_worker.h"

namespace baton {

// The flags of a worker that `baton serve` has too, bound to `options`.
void AddWorkerShardOptions(CLI::App* app, WorkerOptions* options);

void AddWorkerCommand(CLI::App& app, Command* run);

}  // namespace baton

#endif  // BATON_MAIN_CMD_WORKER_H_
