#include "main/cmd_worker.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "main/exit_code.h"
#include "server/logging.h"

namespace baton {
namespace {

int RunWorkerCommand(WorkerOptions options) {
  const uint64_t ranks = uint64_t{options.tp} * options.pp;
  if (options.rank >= ranks) {
    return Fail("worker",
                absl::StrCat("--rank ", options.rank, " is not below --tp ", options.tp, " x --pp ",
                             options.pp, " = ", ranks),
                kExitUsage);
  }
  if (options.log_prefix.empty()) {
    options.log_prefix = absl::StrCat(options.group, "/r", options.rank);
  }
  absl::Status status = SetUpLogging({options.log_prefix, options.log_level});
  if (status.ok()) status = RunWorker(options);
  if (status.ok()) return kExitOk;
  return Fail("worker", status.message(), ExitCodeForRole(status));
}

}  // namespace

void AddWorkerShardOptions(CLI::App* app, WorkerOptions* options) {
  app->add_option("--model", options->model, "The model, a GGUF file")
      ->required()
      ->type_name("FILE");
  app->add_option("--model-name", options->model_name,
                  "The name to serve it under; by default the file's own");
  app->add_option("--tp", options->tp, "Tensor-parallel size: workers that share each layer")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app->add_option("--pp", options->pp, "Pipeline-parallel size: stages that share the layers out")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  AddBytesOption(app, "--kv-memory", &options->kv_memory, "KV cache of each worker");
  app->add_option("--max-model-len", options->max_model_len,
                  "The most tokens of one sequence, prompt and output; 0: the model's context")
      ->capture_default_str();
  app->add_option("--kv-block-size", options->kv_block_size, "Tokens of one block of the KV cache")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app->add_option("--kv-type", options->kv_type, "Type of keys and values in the cache")
      ->check(CLI::IsMember({"f16", "f32"}))
      ->capture_default_str();
  app->add_option("--max-running", options->max_running, "Sequences that a group runs at once")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app->add_option("--max-step-tokens", options->max_step_tokens,
                  "Tokens of one step, prefill and decode together")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app->add_option("--device", options->device, "What computes")
      ->check(CLI::IsMember({"cpu"}))
      ->capture_default_str();
  AddLogLevelOption(app, &options->log_level);
}

void AddWorkerCommand(CLI::App& app, Command* run) {
  CLI::App* command =
      app.add_subcommand("worker", "Holds one shard of a model and attaches to a router");
  auto options = std::make_shared<WorkerOptions>();
  AddWorkerShardOptions(command, options.get());
  command->add_option("--router", options->router, "The router's address, HOST:PORT or unix:/PATH")
      ->capture_default_str();
  command->add_option("--group", options->group, "The name of the group this worker belongs to")
      ->capture_default_str();
  command
      ->add_option("--rank", options->rank,
                   "Its rank in the group: pipeline stage x tp + tensor-parallel rank")
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Threads that compute; 0: one for each CPU")
      ->capture_default_str();
  command->add_option("--log-prefix", options->log_prefix,
                      "Names this worker in log lines; by default GROUP/rRANK");
  command->callback([options, run] { *run = [options] { return RunWorkerCommand(*options); }; });
}

}  // namespace baton
