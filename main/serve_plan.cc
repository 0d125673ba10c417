#include "main/serve_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/listen_address.h"

namespace baton {
namespace {

constexpr uint64_t kMaxWorkers = 256;
constexpr char kFlag[] = "--listen";

// Executes our own binary, even if its file has been replaced since.
constexpr char kSelf[] = "/proc/self/exe";

std::string Flag(absl::string_view name, absl::AlphaNum value) {
  return absl::StrCat("--", name, "=", value);
}

void AddFlagUnlessEmpty(absl::string_view name, const std::string& value,
                        std::vector<std::string>* args) {
  if (!value.empty()) args->push_back(Flag(name, value));
}

ChildSpec PlanRouter(const ServeOptions& options) {
  ChildSpec spec = {"router", kSelf, {"baton", "router"}, 0};
  spec.args.push_back(Flag("listen", options.router.listen));
  spec.args.push_back(Flag("model", options.worker.model));
  AddFlagUnlessEmpty("model-name", options.worker.model_name, &spec.args);
  spec.args.push_back(Flag("max-model-len", options.worker.max_model_len));
  spec.args.push_back(Flag("max-running", options.worker.max_running));
  spec.args.push_back(Flag("max-step-tokens", options.worker.max_step_tokens));
  spec.args.push_back(Flag("max-queue-tokens", options.router.max_queue_tokens));
  spec.args.push_back(Flag("max-queue-requests", options.router.max_queue_requests));
  spec.args.push_back(Flag("drain-timeout", absl::FormatDuration(options.router.drain_timeout)));
  spec.args.push_back(Flag("pause-limit", absl::FormatDuration(options.router.pause_limit)));
  spec.args.push_back(
      Flag("deadline-margin", absl::FormatDuration(options.router.deadline_margin)));
  spec.args.push_back(Flag("routing", options.router.routing));
  if (!options.router.prefix_cache) spec.args.push_back("--no-prefix-cache");
  if (!options.router.run_ahead) spec.args.push_back("--no-run-ahead");
  spec.args.push_back(Flag("stall-limit", absl::FormatDuration(options.router.stall_limit)));
  spec.args.push_back(Flag("log-level", options.worker.log_level));
  return spec;
}

ChildSpec PlanWorker(const ServeOptions& options, uint32_t group, uint32_t rank, uint32_t threads) {
  const WorkerOptions& worker = options.worker;
  const std::string name = absl::StrCat("g", group, "/r", rank);
  ChildSpec spec = {name, kSelf, {"baton", "worker"}, 1};
  spec.args.push_back(Flag("router", RouterTarget(options)));
  spec.args.push_back(Flag("model", worker.model));
  AddFlagUnlessEmpty("model-name", worker.model_name, &spec.args);
  spec.args.push_back(Flag("group", absl::StrCat("g", group)));
  spec.args.push_back(Flag("rank", rank));
  spec.args.push_back(Flag("tp", worker.tp));
  spec.args.push_back(Flag("pp", worker.pp));
  spec.args.push_back(Flag("threads", threads));
  spec.args.push_back(Flag("kv-memory", worker.kv_memory));
  spec.args.push_back(Flag("max-model-len", worker.max_model_len));
  spec.args.push_back(Flag("kv-block-size", worker.kv_block_size));
  spec.args.push_back(Flag("kv-type", worker.kv_type));
  spec.args.push_back(Flag("max-running", worker.max_running));
  spec.args.push_back(Flag("max-step-tokens", worker.max_step_tokens));
  spec.args.push_back(Flag("device", worker.device));
  AddFlagUnlessEmpty("trace", worker.trace, &spec.args);
  spec.args.push_back(Flag("log-level", worker.log_level));
  spec.args.push_back(Flag("log-prefix", name));
  return spec;
}

absl::Status CheckModelFile(const std::string& path) {
  const auto refuse = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("--model ", path, ": ", what));
  };
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return refuse(strerror(errno));
  struct stat info;
  char magic[4] = {};
  const bool is_file = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  const ssize_t size = is_file ? read(fd, magic, sizeof(magic)) : 0;
  close(fd);
  if (!is_file) return refuse("is not a file");
  const absl::string_view found(magic, std::max<ssize_t>(size, 0));
  if (found != "GGUF") {
    return refuse(absl::StrCat("is not a GGUF file: it starts with \"", absl::CHexEscape(found),
                               "\", not \"GGUF\""));
  }
  return absl::OkStatus();
}

}  // namespace

std::string RouterTarget(const ServeOptions& options) {
  const auto address = ParseListenAddress(kFlag, options.router.listen);
  return address.ok() ? LocalTarget(*address) : options.router.listen;
}

std::vector<ChildSpec> PlanChildren(const ServeOptions& options, uint32_t num_cpus,
                                    uint32_t num_gpus) {
  const uint32_t ranks = options.worker.tp * options.worker.pp;
  const uint32_t workers = options.groups * ranks;
  const uint32_t threads = options.threads > 0 ? options.threads : num_cpus;
  std::vector<ChildSpec> specs = {PlanRouter(options)};
  for (uint32_t worker = 0; worker < workers; ++worker) {
    const uint32_t share = threads / workers + (worker < threads % workers ? 1 : 0);
    specs.push_back(PlanWorker(options, worker / ranks, worker % ranks, std::max(share, 1u)));
    if (num_gpus > 0) specs.back().args.push_back(Flag("gpu", worker % num_gpus));
  }
  return specs;
}

absl::Status CheckServeOptions(const ServeOptions& options) {
  RETURN_IF_ERROR(CheckModelFile(options.worker.model));
  const uint64_t workers = uint64_t{options.worker.tp} * options.worker.pp * options.groups;
  if (workers == 0 || workers > kMaxWorkers) {
    return absl::InvalidArgumentError(
        absl::StrCat("--tp ", options.worker.tp, " x --pp ", options.worker.pp, " x --groups ",
                     options.groups, " is ", workers, " workers; expected 1 to ", kMaxWorkers));
  }
  return ProbeListenAddress(kFlag, options.router.listen);
}

absl::StatusOr<std::string> ResolveListen(const std::string& listen) {
  ASSIGN_OR_RETURN(ListenAddress address, ParseListenAddress(kFlag, listen));
  if (!address.unix_path.empty() || address.port != 0) return listen;
  ASSIGN_OR_RETURN(address.port, FindFreePort(kFlag, address.host));
  return absl::StrCat(listen.substr(0, listen.rfind(':')), ":", address.port);
}

uint32_t NumCpus() {
  cpu_set_t cpus;
  if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0) return 1;
  return std::max(CPU_COUNT(&cpus), 1);
}

std::string WithPrefix(absl::string_view child, absl::string_view line) {
  if (absl::StrContains(line, absl::StrCat("[", child, "] "))) return std::string(line);
  return absl::StrCat("[", child, "] ", line);
}

}  // namespace baton
