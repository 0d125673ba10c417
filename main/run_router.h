// The router's wiring: from flags to a process that serves.
#ifndef BATON_MAIN_RUN_ROUTER_H_
#define BATON_MAIN_RUN_ROUTER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace baton {

struct RouterOptions {
  std::string listen = "127.0.0.1:50051";  // HOST:PORT or unix:/PATH
  std::string worker_listen;  // where workers attach; empty: at `listen`, on the same server
  std::string
      model;  // file with tokenizer and template; empty: the first worker of a model brings them
  std::string
      model_name;  // the name to serve `model` under; empty: the file's general.name, else its stem
  uint32_t max_model_len = 0;  // the most tokens of one request; 0: what model and workers allow
  uint32_t max_running = 64;   // the most sequences that one group runs at once
  uint64_t max_queue_tokens =
      1 << 20;  // prompt and maximal output tokens waiting in one group's queue
  uint32_t max_queue_requests = 1024;  // requests waiting in one group's queue
  uint32_t max_step_tokens = 512;      // tokens of one step, prefill chunks and decodes together
  absl::Duration drain_timeout;        // how long running streams may go on after SIGTERM
  absl::Duration stall_limit = absl::Seconds(15);  // how long a step may take; more than zero
  absl::Duration pause_limit = absl::Seconds(30);  // how long a client may not read
  absl::Duration deadline_margin =
      absl::Milliseconds(50);               // how long before its deadline a request ends that runs
  std::string routing = "prefix-affinity";  // or "least-loaded"
  bool prefix_cache = true;
  bool run_ahead = true;  // the next plan is sent before the result of the last one is back
  std::string log_level = "info";
  std::string log_prefix = "router";
};

// Serves until SIGTERM or SIGINT, drains and returns OK. Errors: one line that names the flag, file
// or key, with a code that ExitCodeForRole (main/exit_code.h) turns into "can never work" or "try
// again". Called from the main thread, with logging set up and no other thread running.
absl::Status RunRouter(const RouterOptions& options);

}  // namespace baton

#endif  // BATON_MAIN_RUN_ROUTER_H_
