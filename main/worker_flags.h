// The flags of a worker that `baton serve` has too.
#ifndef BATON_MAIN_WORKER_FLAGS_H_
#define BATON_MAIN_WORKER_FLAGS_H_

#include "main/command.h"
#include "main/run_worker.h"

namespace baton {

// Adds them, bound to `options`, which holds the defaults.
void AddWorkerShardOptions(CLI::App* app, WorkerOptions* options);

}  // namespace baton

#endif  // BATON_MAIN_WORKER_FLAGS_H_
