#include "main/cmd_router.h"

#include <memory>

#include "main/exit_code.h"
#include "main/router_flags.h"
#include "main/run_router.h"
#include "server/logging.h"

namespace baton {
namespace {

int RunRouterCommand(const RouterOptions& options) {
  absl::Status status = SetUpLogging({options.log_prefix, options.log_level});
  if (status.ok()) status = RunRouter(options);
  if (status.ok()) return kExitOk;
  return Fail("router", status.message(), ExitCodeForRole(status));
}

}  // namespace

void AddRouterCommand(CLI::App& app, Command* run) {
  CLI::App* command = app.add_subcommand(
      "router", "The front end: answers clients, schedules, and waits for workers to attach");
  auto options = std::make_shared<RouterOptions>();
  AddRouterLimitOptions(command, options.get());
  command->add_option("--worker-listen", options->worker_listen,
                      "Where workers attach; by default at --listen");
  CLI::Option* const model =
      command
          ->add_option(
              "--model", options->model,
              "GGUF file to take tokenizer and chat template from; by default a worker brings them")
          ->type_name("FILE");
  command
      ->add_option("--model-name", options->model_name,
                   "The name to serve --model under; by default the file's general.name, else "
                   "its own without .gguf")
      ->needs(model);
  command
      ->add_option("--max-model-len", options->max_model_len,
                   "The most tokens of one request, prompt and output; 0: as many as model and "
                   "workers allow")
      ->capture_default_str();
  command->add_option("--max-running", options->max_running, "Sequences that a group runs at once")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--max-step-tokens", options->max_step_tokens,
                   "Tokens of one step, prefill and decode together")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  AddLogLevelOption(command, &options->log_level);
  command->callback([options, run] { *run = [options] { return RunRouterCommand(*options); }; });
}

}  // namespace baton
