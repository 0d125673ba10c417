// What `baton serve` starts: the processes of one machine's cluster, and the checks made before any
// of them.
#ifndef BATON_MAIN_SERVE_PLAN_H_
#define BATON_MAIN_SERVE_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "main/child_process.h"
#include "main/run_router.h"
#include "main/run_worker.h"

namespace baton {

struct ServeOptions {
  RouterOptions router;  // listen, queue limits, drain_timeout and stall_limit are taken from here,
  WorkerOptions
      worker;  // model, shape, memory, lengths and log_level from here; the rest of both is ignored
  uint32_t groups = 1;   // replicas of the model
  uint32_t threads = 0;  // threads that compute, of all workers together; 0: one for each CPU
};

// The children of serve in the order they are started: "router", then "g0/r0", "g0/r1" and so on.
// `options.router.listen` has a real port; `num_cpus` is at least 1. Each worker gets its part of
// the threads, at least one, and where there are GPUs one of them, in turns.
std::vector<ChildSpec> PlanChildren(const ServeOptions& options, uint32_t num_cpus,
                                    uint32_t num_gpus = 0);

// Where clients and workers on this machine reach the router. `options.router.listen` has passed
// ResolveListen.
std::string RouterTarget(const ServeOptions& options);

// Checks the cheap things: the model is a GGUF file that can be read, the cluster's size is sane,
// the address to listen on is free. Each error is one line that names the flag or file, what was
// found and what was expected.
absl::Status CheckServeOptions(const ServeOptions& options);

// `listen` with port 0 replaced by a free port, so that all processes agree on it.
absl::StatusOr<std::string> ResolveListen(const std::string& listen);

// The CPUs that this process may use.
uint32_t NumCpus();

// `line` with "[child] " in front, unless the child has named itself in it.
std::string WithPrefix(absl::string_view child, absl::string_view line);

}  // namespace baton

#endif  // BATON_MAIN_SERVE_PLAN_H_
