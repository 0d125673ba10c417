// Whether this machine's memory holds all of what `baton serve` is to start. Each worker looks for
// itself, while it loads; that none of them has to find out is checked here, before any starts.
#ifndef BATON_MAIN_SERVE_MEMORY_H_
#define BATON_MAIN_SERVE_MEMORY_H_

#include <cstdint>

#include "absl/status/status.h"
#include "main/serve_plan.h"

namespace baton {

// RESOURCE_EXHAUSTED, one line, when weights, KV caches and workspaces of all ranks of all groups
// are more than `available` bytes: it names --kv-memory with the most that would fit or, where the
// model alone is too large, --model. What a worker would refuse for its flags or its model file is
// returned as the worker would say it.
absl::Status CheckServeMemory(const ServeOptions& options, int64_t available);

}  // namespace baton

#endif  // BATON_MAIN_SERVE_MEMORY_H_
