// A worker's wiring: from flags to a process that holds a shard and executes steps.
#ifndef BATON_MAIN_RUN_WORKER_H_
#define BATON_MAIN_RUN_WORKER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace baton {

struct WorkerOptions {
  std::string router = "127.0.0.1:50051";  // where to attach, HOST:PORT or unix:/PATH
  std::string model;                       // GGUF file; required
  std::string
      model_name;  // the name it is served under; empty: the file's general.name, else its stem
  std::string group = "g0";
  uint32_t rank = 0;                  // pipeline stage x tp + tensor-parallel rank; below tp x pp
  uint32_t tp = 1;                    // tensor-parallel size
  uint32_t pp = 1;                    // pipeline-parallel size
  uint32_t threads = 0;               // threads that compute; 0: one for each CPU
  uint64_t kv_memory = 512ull << 20;  // bytes of KV cache of this rank
  uint32_t max_model_len = 0;         // the most tokens of one sequence; 0: the model's context
  uint32_t kv_block_size = 16;        // tokens of one KV block (worker/model/kv_cache.h)
  uint32_t max_running = 64;          // slots: sequences known at once
  uint32_t max_step_tokens = 512;     // tokens of one step; sizes the workspace
  std::string kv_type = "f16";        // f16 or f32
  std::string device = "cpu";         // cpu, cuda or auto (main/backend.h)
  uint32_t gpu = 0;                   // which of the GPUs
  std::string trace;                  // folder for a timeline of the steps; empty: none is written
  std::string log_level = "info";
  std::string log_prefix;  // empty: GROUP/rRANK
};

// Loads the shard, attaches to the router (again and again while it can not be reached) and
// executes steps until SIGTERM or SIGINT, then returns OK. Errors: one line that names the flag,
// file or key, with a code that ExitCodeForRole (main/exit_code.h) turns into "can never work" or
// "try again". Called from the main thread, with logging set up and no other thread running.
absl::Status RunWorker(const WorkerOptions& options);

}  // namespace baton

#endif  // BATON_MAIN_RUN_WORKER_H_
