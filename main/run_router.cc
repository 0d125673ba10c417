#include "main/run_router.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/clock.h"
#include "common/status_macros.h"
#include "main/model_card.h"
#include "main/version.h"
#include "router/api/cluster_service.h"
#include "router/api/inference_service.h"
#include "router/fleet/attach_service.h"
#include "router/fleet/fleet.h"
#include "router/fleet/worker_messages.h"
#include "server/call_counter.h"
#include "server/grpc_server.h"
#include "server/shutdown_signal.h"
#include "spdlog/spdlog.h"
#include "worker/model/gguf_file.h"
#include "worker/model/model_config.h"

namespace baton {
namespace {

// How often health follows the cluster.
constexpr absl::Duration kHealthInterval = absl::Milliseconds(50);
// What streams that have ended get, at most, to send their last messages.
constexpr absl::Duration kLastWords = absl::Milliseconds(500);

absl::Status AddModelFromFile(const RouterOptions& options, Fleet* fleet) {
  ASSIGN_OR_RETURN(const std::unique_ptr<GgufFile> file, GgufFile::Open(options.model));
  ASSIGN_OR_RETURN(const ModelConfig config, ModelConfigFromGguf(*file));
  ASSIGN_OR_RETURN(const worker::v1::ModelCard card,
                   MakeModelCard(*file, config, options.model_name));
  ASSIGN_OR_RETURN(std::shared_ptr<const ModelContext> model, MakeModelContext(card));
  fleet->AddModel(std::move(model));
  return absl::OkStatus();
}

}  // namespace

absl::Status RunRouter(const RouterOptions& options) {
  ShutdownSignal shutdown;
  FleetOptions fleet_options;
  fleet_options.max_running = options.max_running;
  fleet_options.max_step_tokens = options.max_step_tokens;
  fleet_options.max_model_len = options.max_model_len;
  fleet_options.engine.admission.max_queue_requests = options.max_queue_requests;
  fleet_options.engine.admission.max_queue_tokens = options.max_queue_tokens;
  fleet_options.engine.pause_limit = options.pause_limit;
  fleet_options.engine.deadline_margin = options.deadline_margin;
  fleet_options.routing = options.routing == "least-loaded" ? RoutingPolicy::kLeastLoaded
                                                            : RoutingPolicy::kPrefixAffinity;
  fleet_options.prefix_cache = options.prefix_cache;
  fleet_options.run_ahead = options.run_ahead;
  fleet_options.stall_limit = options.stall_limit;
  Fleet fleet(fleet_options, Clock::Real());
  if (!options.model.empty()) RETURN_IF_ERROR(AddModelFromFile(options, &fleet));

  const auto calls = std::make_shared<CallCounter>();
  InferenceServiceOptions inference_options;
  inference_options.count_stream = [calls] { return calls->Count(); };
  InferenceService inference(inference_options, &fleet, Clock::Real());
  ClusterServiceImpl cluster(&fleet, kVersion);
  AttachService attach(&fleet);
  const NamedService attach_service = {worker::v1::WorkerService::service_full_name(), &attach};
  std::vector<NamedService> services = {{v1::InferenceService::service_full_name(), &inference},
                                        {v1::ClusterService::service_full_name(), &cluster}};
  if (options.worker_listen.empty()) services.push_back(attach_service);
  GrpcServerOptions server_options;
  server_options.calls = calls;
  server_options.self_counting = {InferenceService::kGenerate};
  server_options.listen = options.listen;
  ASSIGN_OR_RETURN(const std::unique_ptr<GrpcServer> server,
                   GrpcServer::Create(server_options, services));
  std::unique_ptr<GrpcServer> worker_server;
  if (!options.worker_listen.empty()) {
    server_options.listen = options.worker_listen;
    server_options.listen_flag = "--worker-listen";
    server_options.calls = nullptr;  // it has its own
    ASSIGN_OR_RETURN(worker_server, GrpcServer::Create(server_options, {attach_service}));
  }
  spdlog::info("listening on {} (port {})", options.listen, server->port());
  if (worker_server != nullptr) spdlog::info("workers attach at {}", options.worker_listen);

  while (!shutdown.WaitFor(kHealthInterval).has_value()) {
    const bool can_answer = fleet.CanAnswer();
    server->SetServing(can_answer);
    if (worker_server != nullptr) worker_server->SetServing(can_answer);
  }

  spdlog::info("draining for {}", absl::FormatDuration(options.drain_timeout));
  server->SetServing(false);
  fleet.StopAccepting();
  const absl::Time deadline = absl::Now() + options.drain_timeout;
  while (absl::Now() < deadline && !fleet.Idle()) absl::SleepFor(absl::Milliseconds(5));
  fleet.DrainNow();
  // What clients are to hear is in their streams by now, or in the engine's inbox before the loss
  // of the workers; those streams end by themselves, and with the workers' gone nothing is waited
  // for but them.
  fleet.CloseLinks();
  server->Shutdown(kLastWords);
  if (worker_server != nullptr) worker_server->Shutdown(absl::ZeroDuration());
  return absl::OkStatus();
}

}  // namespace baton
