#include "main/worker_flags.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "worker/model/kv_cache.h"

namespace baton {
namespace {

// Its description stands in the help; what it returns is the error.
CLI::Validator KvBlockSizeCheck() {
  const auto check = [](std::string& text) {
    int64_t value;
    if (absl::SimpleAtoi(text, &value) && IsKvBlockSize(value)) return std::string();
    return absl::StrCat(text, " is not ", kKvBlockSizes);
  };
  return CLI::Validator(check, absl::StrCat("(", kKvBlockSizes, ")"));
}

}  // namespace

void AddWorkerShardOptions(CLI::App* app, WorkerOptions* options) {
  app->add_option("--model", options->model, "The model, a GGUF file")
      ->required()
      ->type_name("FILE");
  app->add_option(
      "--model-name", options->model_name,
      "The name to serve it under; by default the file's general.name, else its own without .gguf");
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
      ->check(KvBlockSizeCheck())
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
  app->add_option("--device", options->device,
                  "What computes; auto: a GPU where the build and the machine have one")
      ->check(CLI::IsMember({"cpu", "cuda", "auto"}))
      ->capture_default_str();
  app->add_option(
         "--trace", options->trace,
         "Folder where each worker writes a timeline of its steps, for chrome://tracing or "
         "Perfetto")
      ->type_name("DIR");
  AddLogLevelOption(app, &options->log_level);
}

}  // namespace baton
