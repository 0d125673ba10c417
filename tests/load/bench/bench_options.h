// What `baton bench` is asked to do. Filled in by main alone; names and defaults are those of
// `vllm bench serve` wherever it has them.
#ifndef BATON_TESTS_LOAD_BENCH_BENCH_OPTIONS_H_
#define BATON_TESTS_LOAD_BENCH_BENCH_OPTIONS_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "tests/load/workload/workload_options.h"

namespace baton {

// The server.
struct TargetOptions {
  std::string backend = "baton";           // "baton", "grpc", "openai" or "openai-chat"
  std::string server = "127.0.0.1:50051";  // of gRPC
  std::string base_url;                    // of HTTP; "": from host and port
  std::string host = "127.0.0.1";
  uint16_t port = 8000;
  std::string endpoint;              // path; "": the back end's usual one
  std::string model;                 // "": the server's only, or first
  std::vector<std::string> headers;  // KEY=VALUE: HTTP headers or gRPC metadata
  std::string extra_body;            // a JSON object that is merged into each HTTP body
  int channels = 4;                  // connections of gRPC
  bool tls = false;
  std::string tls_ca_file;
  bool insecure = false;  // HTTPS without looking at certificates
  absl::Duration ready_timeout = absl::Seconds(10);
  // Back end "grpc".
  std::string proto;  // a .proto file
  std::vector<std::string> proto_paths;
  bool reflection = false;  // instead
  std::string method, request_json;
  std::string text_field, token_field, finish_field;
  std::string output_tokens_field, prompt_tokens_field, cached_tokens_field;
};

// When requests are sent.
struct ScheduleOptions {
  double request_rate = std::numeric_limits<double>::infinity();
  double burstiness = 1;
  absl::optional<size_t> max_concurrency;
  std::string ramp_up_strategy;  // "linear", "exponential" or ""
  double ramp_up_start_rps = 0, ramp_up_end_rps = 0;
  size_t num_warmups = 0;
};

// Several runs, one after the other.
struct SweepOptions {
  std::vector<double> request_rates;      // one run each
  std::vector<size_t> max_concurrencies;  // one run each
  // "request_rate" or "max_concurrency": look for the highest that meets the objectives.
  std::string search;
  double low = 0, high = 0, precision = 0.05;
  // The share of the requests that must meet the objectives.
  double objective_share = 0.95;
};

struct OutputOptions {
  std::vector<std::string> goodput;  // "ttft:200" …
  std::vector<std::string> percentile_metrics = {"ttft", "tpot", "itl"};
  std::vector<double> metric_percentiles = {99};
  bool save_result = false, append_result = false, save_detailed = false;
  std::string result_dir, result_filename;
  std::vector<std::string> metadata;  // KEY=VALUE
  std::string label;
  std::string request_lines;  // a file for a line of JSON for each request; "": none
  std::string html;           // a file for the report; "": none
  bool progress = true;
};

// Whether answers are right, besides fast.
struct VerifyOptions {
  bool determinism = false;
  std::string continuation;  // a file of golden answers; "": none
  std::string save_golden;   // where to write them; "": nowhere
};

struct BenchOptions {
  std::string command;  // the command line, for the report
  TargetOptions target;
  WorkloadOptions workload;
  bool token_ids_given = false;  // workload.first_id and last_id are not to be fitted to the model
  ScheduleOptions schedule;
  SweepOptions sweep;
  OutputOptions output;
  VerifyOptions verify;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BENCH_BENCH_OPTIONS_H_
