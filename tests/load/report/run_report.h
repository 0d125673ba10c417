// One run and what it was: what the table and the result file are made of.
#ifndef BATON_TESTS_LOAD_REPORT_RUN_REPORT_H_
#define BATON_TESTS_LOAD_REPORT_RUN_REPORT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/optional.h"
#include "nlohmann/json.hpp"
#include "tests/load/backend/backend.h"
#include "tests/load/metrics/run_summary.h"
#include "tests/load/run/load_run.h"

namespace baton {

// What was asked for, as far as reports tell it.
struct RunSettings {
  std::string command;  // the command line
  std::string backend;  // "baton", "grpc", "openai" or "openai-chat"
  std::string address;  // of the server
  std::string label;    // "": none
  nlohmann::ordered_json dataset_options;
  uint64_t num_prompts = 0;
  double request_rate = 0;  // infinity: no schedule
  double burstiness = 1;
  absl::optional<std::string> ramp_up_strategy;
  double ramp_up_start_rps = 0, ramp_up_end_rps = 0;
  bool has_own_schedule = false;  // a trace says when requests are sent
  std::vector<std::pair<std::string, std::string>> metadata;
  Objectives objectives;
  // vLLM's names: ttft, tpot, itl, e2el, client_queue_time, e2el_including_client_queue.
  std::vector<std::string> percentile_metrics = {"ttft", "tpot", "itl"};
  std::vector<double> metric_percentiles = {99};
  bool save_detailed = false;
  std::string sweep_variable;  // "request_rate" or "max_concurrency"; "": no sweep
  double sweep_value = 0;
};

struct RunReport {
  RunSettings settings;
  ServerFacts server;
  LoadRunResult run;
  RunSummary summary;
  std::vector<std::string> invalid;  // why it is no measurement; empty if it is one
};

// "open loop", "closed loop" or "all at once".
std::string LoadMode(const RunReport& report);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_RUN_REPORT_H_
