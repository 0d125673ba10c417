#include "main/cmd_serve.h"

#include <unistd.h>

#include <functional>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "kernels/cpu/cpu_device.h"
#include "main/backend.h"
#include "main/cluster_tables.h"
#include "main/cluster_watcher.h"
#include "main/console.h"
#include "main/exit_code.h"
#include "main/router_flags.h"
#include "main/serve_memory.h"
#include "main/supervisor.h"
#include "main/worker_flags.h"
#include "server/logging.h"

namespace baton {
namespace {

// Shows what the children say and how far they are.
class ServeScreen {
 public:
  explicit ServeScreen(const ServeOptions& options)
      : options_(options), console_(&std::cerr, isatty(STDERR_FILENO) != 0) {}

  // Starts to watch the router; `on_ready` is called, from OnTick, when all groups are ready.
  void Watch(std::function<void()> on_ready) {
    on_ready_ = std::move(on_ready);
    watcher_ = std::make_unique<ClusterWatcher>(RouterTarget(options_), options_.groups);
  }

  void OnLine(const std::string& child, const std::string& line) {
    console_.PrintLine(WithPrefix(child, line));
  }

  void OnEvent(const std::string& event) { console_.PrintLine("[serve] " + event); }

  void OnTick() {
    if (watcher_ == nullptr || stopping_) return;
    if (const auto ready = watcher_->ready()) {
      console_.EndProgress();
      watcher_.reset();
      Announce(*ready);
      on_ready_();
    } else if (const auto status = watcher_->latest()) {
      const absl::Time now = Clock::Real()->Now();
      console_.ShowProgress(absl::StrCat("loading: ", LoadProgressText(*status), " (",
                                         absl::ToInt64Seconds(now - start_), " s)"),
                            now);
    }
  }

  void OnStop() {
    stopping_ = true;  // the watcher is left alone: it may be waiting for an answer
    console_.EndProgress();
  }

 private:
  void Announce(const ReadyCluster& ready) {
    const BudgetLimits limits = {ready.max_model_len, options_.worker.max_running,
                                 options_.worker.kv_memory};
    std::cout << BudgetText(ready.status, limits) << "ready: baton generate --server "
              << RouterTarget(options_) << " \"Why is the sky blue?\"" << std::endl;
  }

  const ServeOptions& options_;
  Console console_;
  const absl::Time start_ = Clock::Real()->Now();
  std::unique_ptr<ClusterWatcher> watcher_;  // null before and after start-up
  std::function<void()> on_ready_;
  bool stopping_ = false;
};

}  // namespace

int RunServe(ServeOptions options) {
  absl::Status checked = CheckServeOptions(options);
  // On GPUs each worker finds out for itself.
  const bool on_gpus =
      options.worker.device == "cuda" || (options.worker.device == "auto" && NumGpus() > 0);
  if (checked.ok() && !on_gpus) checked = CheckServeMemory(options, CpuDevice().FreeMemory());
  if (!checked.ok()) return Fail("serve", checked.message(), kExitFailure);
  auto listen = ResolveListen(options.router.listen);
  if (!listen.ok()) return Fail("serve", listen.status().message(), kExitFailure);
  options.router.listen = *std::move(listen);
  if (const absl::Status status = SetUpLogging({"serve", options.worker.log_level}); !status.ok()) {
    return Fail("serve", status.message(), kExitUsage);
  }

  ServeScreen screen(options);
  SupervisorOptions supervisor_options;
  supervisor_options.drain_timeout = options.router.drain_timeout;
  Supervisor supervisor(
      supervisor_options, PlanChildren(options, NumCpus(), static_cast<uint32_t>(NumGpus())),
      {[&](const std::string& child, const std::string& line) { screen.OnLine(child, line); },
       [&](const std::string& event) { screen.OnEvent(event); }, [&] { screen.OnTick(); },
       [&] { screen.OnStop(); }});
  screen.Watch([&] { supervisor.MarkStarted(); });
  const absl::Status status = supervisor.Run();
  if (!status.ok()) return Fail("serve", status.message(), kExitFailure);
  return kExitOk;
}

void AddServeCommand(CLI::App& app, Command* run) {
  CLI::App* command = app.add_subcommand(
      "serve",
      "Serves a model on this machine: starts a router and its workers and keeps them running");
  auto options = std::make_shared<ServeOptions>();
  AddWorkerShardOptions(command, &options->worker);
  AddRouterLimitOptions(command, &options->router);
  command->add_option("--groups", options->groups, "Replicas of the model, each of tp x pp workers")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command
      ->add_option("--threads", options->threads,
                   "Threads that compute, of all workers together; 0: one for each CPU")
      ->capture_default_str();
  command->callback([options, run] { *run = [options] { return RunServe(*options); }; });
}

}  // namespace baton
