#include "main/bench_flags.h"

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "main/command.h"

namespace baton {
namespace {

// "LOW:HIGH", two numbers.
template <typename T>
bool ParseRange(const std::string& text, T* low, T* high) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  double first, second;
  if (!absl::SimpleAtod(parts.first, &first) || !absl::SimpleAtod(parts.second, &second)) {
    return false;
  }
  if (!std::isfinite(first) || !std::isfinite(second) || first < 0 || second < first) return false;
  if (std::is_integral<T>::value && second > std::numeric_limits<T>::max()) return false;
  *low = static_cast<T>(first);
  *high = static_cast<T>(second);
  return true;
}

template <typename T>
CLI::Option* AddRange(CLI::App* app, const std::string& name, T* low, T* high,
                      const std::string& description) {
  return app
      ->add_option_function<std::string>(
          name,
          [name, low, high](const std::string& text) {
            if (ParseRange(text, low, high)) return;
            throw CLI::ValidationError(name, absl::StrCat("\"", text, "\" is no LOW:HIGH"));
          },
          description)
      ->type_name("LOW:HIGH");
}

// CLI::Range takes what is no number for one in the range.
CLI::Validator NumberIn(double least, double most) {
  return CLI::Validator(
      [least, most](std::string& text) {
        double value;
        if (absl::SimpleAtod(text, &value) && value >= least && value <= most) {
          return std::string();
        }
        return absl::StrCat("\"", text, "\" is out of range; expected ", least, " to ", most);
      },
      absl::StrCat("NUMBER in [", least, ", ", most, "]"));
}

template <typename T>
CLI::Option* AddCount(CLI::App* app, const std::string& name, T* value,
                      const std::string& description) {
  return app->add_option(name, *value, description)
      ->check(WholeNumberOf<T>())
      ->capture_default_str();
}

// What is unset stays unset.
template <typename T>
CLI::Option* AddOptional(CLI::App* app, const std::string& name, absl::optional<T>* value,
                         const std::string& description) {
  CLI::Option* option = app->add_option_function<T>(
      name, [value](const T& given) { *value = given; }, description);
  if (std::is_integral<T>::value) {
    option->check(WholeNumber(0, std::numeric_limits<T>::max()));
  } else {
    option->check(NumberIn(-1e9, 1e9));
  }
  return option;
}

void AddTarget(CLI::App* app, TargetOptions* target) {
  app->option_defaults()->group("The server");
  app->add_option("--backend", target->backend,
                  "What it speaks: baton; grpc (any method that streams its answer); openai "
                  "(completions) or openai-chat, over HTTP")
      ->check(CLI::IsMember({"baton", "grpc", "openai", "openai-chat"}))
      ->capture_default_str();
  app->add_option("--server", target->server, "With gRPC: HOST:PORT or unix:/PATH")
      ->capture_default_str();
  app->add_option("--base-url", target->base_url, "With HTTP: instead of --host and --port");
  app->add_option("--host", target->host, "With HTTP")->capture_default_str();
  AddCount(app, "--port", &target->port, "With HTTP");
  app->add_option("--endpoint", target->endpoint,
                  "With HTTP: the path, by default /v1/completions or /v1/chat/completions");
  app->add_option("--model", target->model, "By default the server's only or first one");
  app->add_option("--header", target->headers, "Sent with every request; gRPC metadata or HTTP")
      ->type_name("KEY=VALUE");
  app->add_option("--extra-body", target->extra_body,
                  "With HTTP: a JSON object that is put into every request");
  app->add_option("--channels", target->channels, "With gRPC: connections")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app->add_flag("--tls", target->tls, "With gRPC");
  app->add_option("--tls-ca", target->tls_ca_file, "With --tls: the certificates to trust, PEM");
  app->add_flag("--insecure", target->insecure, "With HTTPS: trust any certificate");
  AddDurationOption(app, "--ready-timeout", &target->ready_timeout,
                    "How long to wait for the server");
  app->option_defaults()->group("Any gRPC server (--backend grpc)");
  app->add_option("--proto", target->proto, "The .proto file that declares the method");
  app->add_option("--proto-path", target->proto_paths, "Folders of what it imports");
  app->add_flag("--reflection", target->reflection, "Ask the server instead of reading a file");
  app->add_option("--method", target->method, "package.Service/Method");
  app->add_option("--request-json", target->request_json,
                  "The request; {prompt}, {prompt_ids}, {messages}, {max_tokens}, {ignore_eos}, "
                  "{temperature}, {top_p}, {top_k}, {seed} and {index} are filled in");
  app->add_option("--text-field", target->text_field, "Where answers hold text, as a.b.c");
  app->add_option("--token-field", target->token_field,
                  "Where answers hold tokens; without it a message counts as one");
  app->add_option("--output-tokens-field", target->output_tokens_field,
                  "Where answers hold the server's own count of all output tokens so far");
  app->add_option("--prompt-tokens-field", target->prompt_tokens_field, "The same of the prompt's");
  app->add_option("--cached-tokens-field", target->cached_tokens_field,
                  "The same of the prompt's that were cached");
  app->add_option("--finish-field", target->finish_field, "Where answers say why they end");
}

void AddSchedule(CLI::App* app, ScheduleOptions* schedule, SweepOptions* sweep) {
  app->option_defaults()->group("Load");
  app->add_option("--request-rate", schedule->request_rate,
                  "Open loop: requests a second; inf: without --max-concurrency all at once")
      ->capture_default_str();
  AddOptional(app, "--max-concurrency", &schedule->max_concurrency,
              "The most requests at once; with --request-rate inf, closed loop");
  app->add_option("--burstiness", schedule->burstiness,
                  "Shape of the gamma distribution of intervals; 1: Poisson, below: bursts")
      ->capture_default_str();
  app->add_option("--ramp-up-strategy", schedule->ramp_up_strategy, "linear or exponential");
  app->add_option("--ramp-up-start-rps", schedule->ramp_up_start_rps, "The rate at the start");
  app->add_option("--ramp-up-end-rps", schedule->ramp_up_end_rps, "The rate at the end");
  AddCount(app, "--num-warmups", &schedule->num_warmups, "Requests before, that do not count");
  app->option_defaults()->group("Several runs, with fresh prompts each");
  app->add_option("--sweep-request-rate", sweep->request_rates, "A run at each of these rates")
      ->delimiter(',');
  app->add_option("--sweep-max-concurrency", sweep->max_concurrencies,
                  "A run at each of these concurrencies")
      ->delimiter(',')
      ->check(WholeNumber(1, 1u << 20));
  const auto add_search = [&](const char* name, const char* variable) {
    return AddRange(app, name, &sweep->low, &sweep->high,
                    "Look for the highest that meets the objectives of --goodput")
        ->each([sweep, variable](const std::string&) { sweep->search = variable; });
  };
  CLI::Option* of_rate = add_search("--search-request-rate", "request_rate");
  add_search("--search-max-concurrency", "max_concurrency")->excludes(of_rate);
  app->add_option("--search-precision", sweep->precision, "Ends where it is so close")
      ->check(NumberIn(0.001, 1.0))
      ->capture_default_str();
  app->add_option("--search-share", sweep->objective_share,
                  "The share of the requests that must meet the objectives")
      ->check(NumberIn(0, 1))
      ->capture_default_str();
}

void AddSampling(CLI::App* app, LoadSampling* sampling) {
  app->option_defaults()->group("Sampling; what is not given is left to the server");
  AddOptional(app, "--temperature", &sampling->temperature, "");
  AddOptional(app, "--top-p", &sampling->top_p, "");
  AddOptional(app, "--top-k", &sampling->top_k, "");
  AddOptional(app, "--min-p", &sampling->min_p, "");
  AddOptional(app, "--repetition-penalty", &sampling->repetition_penalty, "");
  AddOptional(app, "--presence-penalty", &sampling->presence_penalty, "");
  AddOptional(app, "--frequency-penalty", &sampling->frequency_penalty, "");
  AddOptional(app, "--sampling-seed", &sampling->seed, "The seed of every request");
}

void AddRandomDatasets(CLI::App* app, BenchOptions* options) {
  WorkloadOptions* workload = &options->workload;
  app->option_defaults()->group("Datasets of random tokens");
  AddCount(app, "--random-input-len", &workload->random_input_len, "Tokens, prefix aside");
  AddCount(app, "--random-output-len", &workload->random_output_len, "");
  AddCount(app, "--random-prefix-len", &workload->random_prefix_len, "Shared by all requests");
  app->add_option("--random-range-ratio", workload->random_range_ratio,
                  "Lengths are uniform within so much of their own; a number, or "
                  "{\"input\": A, \"output\": B}")
      ->capture_default_str();
  AddCount(app, "--prefix-repetition-num-prefixes", &workload->prefix_repetition_num_prefixes, "");
  AddCount(app, "--prefix-repetition-prefix-len", &workload->prefix_repetition_prefix_len, "");
  AddCount(app, "--prefix-repetition-suffix-len", &workload->prefix_repetition_suffix_len, "");
  AddCount(app, "--prefix-repetition-output-len", &workload->prefix_repetition_output_len, "");
  AddRange(app, "--token-ids", &workload->first_id, &workload->last_id,
           "The ids that prompts are made of; by default the middle of the vocabulary, where the "
           "server tells it")
      ->each([options](const std::string&) { options->token_ids_given = true; });
}

void AddFileDatasets(CLI::App* app, WorkloadOptions* workload) {
  app->option_defaults()->group("Datasets in files");
  app->add_option("--dataset-path", workload->dataset_path, "");
  app->add_flag("--disable-shuffle", workload->disable_shuffle, "Keep the file's order");
  app->add_flag("--no-oversample", workload->no_oversample, "Ask nothing twice");
  AddOptional(app, "--sharegpt-output-len", &workload->sharegpt_output_len, "");
  app->add_option("--custom-output-len", workload->custom_output_len, "-1: each line's own")
      ->capture_default_str();
  AddCount(app, "--timed-trace-chunk-hash-size", &workload->timed_trace_chunk_hash_size,
           "Tokens of each hash id");
  app->add_option("--timed-trace-sec-multiplier", workload->timed_trace_sec_multiplier,
                  "0.001: the trace's times are milliseconds")
      ->capture_default_str();
  app->add_option("--timed-trace-label-timestamp", workload->timed_trace_label_timestamp, "")
      ->capture_default_str();
  app->add_option("--timed-trace-label-input-length", workload->timed_trace_label_input_length, "")
      ->capture_default_str();
  app->add_option("--timed-trace-label-output-length", workload->timed_trace_label_output_length,
                  "")
      ->capture_default_str();
  app->add_option("--timed-trace-label-hash-ids", workload->timed_trace_label_hash_ids, "")
      ->capture_default_str();
  app->add_flag("--self-timed,!--no-self-timed", workload->self_timed,
                "Send at the trace's own times");
}

void AddConversations(CLI::App* app, WorkloadOptions* workload) {
  app->option_defaults()->group("Conversations (--dataset-name multi_turn)");
  AddRange(app, "--multi-turn-turns", &workload->multi_turn_min_turns,
           &workload->multi_turn_max_turns, "The user's messages in each");
  AddCount(app, "--multi-turn-first-len", &workload->multi_turn_first_len, "Tokens of the first");
  AddCount(app, "--multi-turn-later-len", &workload->multi_turn_later_len, "Tokens of the others");
  AddCount(app, "--multi-turn-output-len", &workload->multi_turn_output_len, "");
  app->add_option("--multi-turn-range-ratio", workload->multi_turn_range_ratio, "")
      ->capture_default_str();
  app->add_option("--multi-turn-think-time-ms", workload->multi_turn_think_time_ms,
                  "Between an answer and the next message: the mean")
      ->capture_default_str();
  AddCount(app, "--multi-turn-max-context", &workload->multi_turn_max_context,
           "Ends a conversation that is longer; 0: none");
}

void AddWorkload(CLI::App* app, BenchOptions* options) {
  WorkloadOptions* workload = &options->workload;
  app->option_defaults()->group("What is asked");
  app->add_option("--dataset-name", workload->dataset_name,
                  "random, prefix_repetition, sharegpt_mix, sharegpt, custom, timed_trace or "
                  "multi_turn")
      ->capture_default_str();
  AddCount(app, "--num-prompts", &workload->num_prompts, "Requests, or conversations");
  AddCount(app, "--seed", &workload->seed, "Of prompts, lengths and times");
  AddOptional(app, "--input-len", &workload->input_len, "Instead of the dataset's own option");
  AddOptional(app, "--output-len", &workload->output_len, "Instead of the dataset's own option");
  app->add_option("--prompt-kind", workload->prompt_kind,
                  "ids, text or chat; by default what the dataset and the server are made for");
  app->add_flag_callback(
      "--ignore-eos", [workload] { workload->ignore_eos = true; },
      "Generate every token asked for; the default where lengths are drawn");
  app->add_flag_callback(
      "--no-ignore-eos", [workload] { workload->ignore_eos = false; }, "Stop at end tokens");
  AddRandomDatasets(app, options);
  AddFileDatasets(app, workload);
  AddConversations(app, workload);
  AddSampling(app, &workload->sampling);
  app->option_defaults()->group("Clients that misbehave");
  app->add_option("--cancel-fraction", workload->cancel_fraction,
                  "Of the requests: cancelled after a random number of tokens")
      ->capture_default_str();
  app->add_option("--slow-reader-fraction", workload->slow_reader_fraction,
                  "Of the requests: read slowly")
      ->capture_default_str();
  app->add_option("--read-pause-ms", workload->read_pause_ms, "Of slow readers, after each message")
      ->capture_default_str();
  app->add_option("--deadline-ms", workload->deadline,
                  "Of every request: 500, uniform:100:1000, exp:500 or lognormal:MEDIAN:SIGMA");
}

void AddOutput(CLI::App* app, OutputOptions* output, VerifyOptions* verify) {
  app->option_defaults()->group("Results");
  app->add_option("--goodput", output->goodput,
                  "Objectives in milliseconds: ttft:200 tpot:50 e2el:3000");
  app->add_option("--percentile-metrics", output->percentile_metrics,
                  "Of ttft, tpot, itl, e2el, client_queue_time, e2el_including_client_queue")
      ->delimiter(',')
      ->check(CLI::IsMember(
          {"ttft", "tpot", "itl", "e2el", "client_queue_time", "e2el_including_client_queue"}))
      ->capture_default_str();
  app->add_option("--metric-percentiles", output->metric_percentiles, "")
      ->delimiter(',')
      ->check(NumberIn(0, 100))
      ->capture_default_str();
  app->add_flag("--save-result", output->save_result, "Write a JSON file, as vLLM's");
  app->add_flag("--append-result", output->append_result, "Append a line to it instead");
  app->add_flag("--save-detailed", output->save_detailed, "With every request in it");
  app->add_option("--result-dir", output->result_dir, "By default the present folder");
  app->add_option("--result-filename", output->result_filename, "By default made up as vLLM does");
  app->add_option("--metadata", output->metadata, "Put into it")->type_name("KEY=VALUE");
  app->add_option("--label", output->label, "A name for the run");
  app->add_option("--save-requests", output->request_lines,
                  "A file for a line of JSON for each request, every chunk in it");
  app->add_option("--html", output->html, "A file for the report as a page");
  app->add_flag("--disable-tqdm{false}", output->progress, "No progress line");
  app->option_defaults()->group("Checks of the answers");
  app->add_flag("--verify-determinism", verify->determinism,
                "Ask everything one by one first, then under load: the answers must be the same");
  app->add_option("--save-golden", verify->save_golden, "Write the answers' digests to a file");
  app->add_option("--verify-continuation", verify->continuation,
                  "The answers must be those of such a file, whatever goes wrong meanwhile");
  app->option_defaults()->group("Options");
}

// Which back ends an option is for, where it is not for all.
struct OptionUse {
  const char* option;
  std::vector<const char*> backends;
};

std::vector<OptionUse> OptionUses() {
  std::vector<OptionUse> uses = {{"--server", {"baton", "grpc"}},
                                 {"--channels", {"baton", "grpc"}},
                                 {"--model", {"baton", "openai", "openai-chat"}},
                                 {"--tls", {"grpc"}},
                                 {"--tls-ca", {"grpc"}}};
  for (const char* option :
       {"--base-url", "--host", "--port", "--endpoint", "--extra-body", "--insecure"}) {
    uses.push_back({option, {"openai", "openai-chat"}});
  }
  for (const char* option :
       {"--proto", "--proto-path", "--reflection", "--method", "--request-json", "--text-field",
        "--token-field", "--finish-field", "--output-tokens-field", "--prompt-tokens-field",
        "--cached-tokens-field"}) {
    uses.push_back({option, {"grpc"}});
  }
  return uses;
}

}  // namespace

absl::Status CheckOptionUses(const CLI::App& app, const std::string& backend) {
  for (const OptionUse& use : OptionUses()) {
    if (app.get_option(use.option)->count() == 0 || absl::c_linear_search(use.backends, backend)) {
      continue;
    }
    return absl::InvalidArgumentError(absl::StrCat(use.option, ": means nothing to --backend ",
                                                   backend, "; it is for ",
                                                   absl::StrJoin(use.backends, ", ")));
  }
  return absl::OkStatus();
}

void AddBenchOptions(CLI::App* app, BenchOptions* options) {
  AddTarget(app, &options->target);
  AddWorkload(app, options);
  AddSchedule(app, &options->schedule, &options->sweep);
  AddOutput(app, &options->output, &options->verify);
}

}  // namespace baton
