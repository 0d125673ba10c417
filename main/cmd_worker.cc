#include "main/cmd_worker.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "main/exit_code.h"
#include "main/run_worker.h"
#include "main/worker_flags.h"
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
  command->add_option("--gpu", options->gpu, "Which GPU, of those that the process may use")
      ->capture_default_str();
  command->add_option("--log-prefix", options->log_prefix,
                      "Names this worker in log lines; by default GROUP/rRANK");
  command->callback([options, run] { *run = [options] { return RunWorkerCommand(*options); }; });
}

}  // namespace baton
