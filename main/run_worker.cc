#include "main/run_worker.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "baton/worker/v1/protocol_version.h"
#include "common/status_macros.h"
#include "main/backend.h"
#include "main/model_card.h"
#include "main/runner_options.h"
#include "server/shutdown_signal.h"
#include "spdlog/spdlog.h"
#include "worker/comm/shm_communicator.h"
#include "worker/link/attach_client.h"
#include "worker/model/gguf_file.h"
#include "worker/model/model_config.h"
#include "worker/model/shard.h"
#include "worker/runner/model_runner.h"
#include "worker/runner/step_trace.h"

namespace baton {
namespace {

std::string HostName() {
  char name[256] = {};
  gethostname(name, sizeof(name) - 1);
  return name;
}

// What a worker on a GPU can not do.
absl::Status CheckOnGpu(const WorkerOptions& options) {
  if (options.tp * options.pp > 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--tp ", options.tp, " --pp ", options.pp, " with --device ", options.device,
        ": workers on GPUs exchange no activations yet; both must be 1, or --device cpu"));
  }
  if (options.kv_type != "f16") {
    return absl::InvalidArgumentError(absl::StrCat("--kv-type is ", options.kv_type,
                                                   "; with --device ", options.device,
                                                   " on a GPU it must be f16"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunWorker(const WorkerOptions& options) {
  ShutdownSignal shutdown;
  ASSIGN_OR_RETURN(const std::unique_ptr<GgufFile> file, GgufFile::Open(options.model));
  ASSIGN_OR_RETURN(const ModelConfig config, ModelConfigFromGguf(*file));
  ASSIGN_OR_RETURN(RunnerOptions runner, MakeRunnerOptions(options, config));
  if (!options.trace.empty()) {
    // With the process's id: a worker that is started again leaves what the last one wrote.
    auto trace = StepTrace::Create(
        absl::StrCat(options.trace, "/", options.group, "-r", options.rank, "-", getpid(), ".json"),
        absl::StrCat(options.group, "/r", options.rank));
    if (!trace.ok())
      return absl::InvalidArgumentError(absl::StrCat("--trace ", trace.status().message()));
    runner.trace = *std::move(trace);
  }
  ASSIGN_OR_RETURN(const Shard shard, MakeShard(config, runner.parallelism));
  const uint32_t cpus = std::max(1u, std::thread::hardware_concurrency());
  const int threads = static_cast<int>(options.threads > 0 ? options.threads : cpus);
  ASSIGN_OR_RETURN(Backend backend, MakeBackend(options.device, threads, options.gpu));
  if (backend.on_gpu) RETURN_IF_ERROR(CheckOnGpu(options));
  Ops* const ops = backend.ops.get();
  // Fails early, before anything is allocated, for shards and types that cannot be.
  RETURN_IF_ERROR(ModelWeights::Bytes(*file, config, shard, *ops, runner.weights).status());

  AttachOptions attach;
  attach.router = options.router;
  attach.parallelism = runner.parallelism;
  worker::v1::Hello& hello = attach.hello;
  ASSIGN_OR_RETURN(const std::string digest, file->Digest());
  std::random_device random;
  hello.set_protocol_version(kWorkerProtocolVersion);
  hello.set_incarnation(uint64_t{random()} << 32 | random());
  hello.set_group(options.group);
  hello.set_rank(options.rank);
  hello.set_tp(options.tp);
  hello.set_pp(options.pp);
  hello.set_model_digest(digest);
  hello.set_numerics_class(absl::StrCat(backend.arithmetic, "-", digest.substr(0, 16), "-tp",
                                        options.tp, "-kv", options.kv_type));
  hello.set_pid(static_cast<uint32_t>(getpid()));
  hello.set_host(HostName());
  hello.set_shared_memory_domain(SharedMemoryDomain());
  hello.set_shard(shard.ToString());
  if (options.rank == 0) {
    ASSIGN_OR_RETURN(*hello.mutable_model_card(), MakeModelCard(*file, config, options.model_name));
  }

  AttachClient client(std::move(attach), [&](const std::function<void(int64_t, int64_t)>& progress,
                                             const std::atomic<bool>* cancelled) {
    runner.weights.cancelled = cancelled;
    auto loaded = ModelRunner::Create(*file, config, runner, backend.make_device(cancelled),
                                      std::move(backend.ops), progress);
    if (loaded.ok()) {
      spdlog::info("loaded: {:.1f} MiB of weights, {} KV blocks, {}",
                   (*loaded)->weight_bytes() / 1048576.0, (*loaded)->num_blocks(),
                   backend.description);
    }
    return loaded;
  });
  std::thread stopper([&] {
    shutdown.Wait();
    client.Stop();
  });
  const absl::Status status = client.Run();
  shutdown.Notify();
  stopper.join();
  return status;
}

}  // namespace baton
