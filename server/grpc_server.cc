#include "server/grpc_server.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "grpc/grpc.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "server/listen_address.h"

namespace baton {
namespace {

// What idle connections get to close in good order.
constexpr absl::Duration kCloseConnections = absl::Milliseconds(30);

int Millis(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

void SetLimits(const GrpcServerOptions& options, grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(options.max_receive_message_bytes);
  builder->SetMaxSendMessageSize(-1);
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, options.max_metadata_bytes);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_concurrent_streams);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Millis(options.keepalive_time));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Millis(options.keepalive_timeout));
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              Millis(options.min_ping_interval));
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Create(
    const GrpcServerOptions& options, const std::vector<NamedService>& services) {
  RETURN_IF_ERROR(ProbeListenAddress(options.listen_flag, options.listen));
  std::set<std::string> names;
  for (const NamedService& service : services) names.insert(service.name);
  auto result = std::unique_ptr<GrpcServer>(
      new GrpcServer(std::move(names),
                     options.calls != nullptr ? options.calls : std::make_shared<CallCounter>()));

  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  SetLimits(options, &builder);
  builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &result->port_);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(CallCounter::Interceptor(result->calls_.get(), options.self_counting));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  builder.RegisterService(&result->health_);
  for (const NamedService& service : services) builder.RegisterService(service.service);
  result->server_ = builder.BuildAndStart();
  if (result->server_ == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.listen_flag, " ", options.listen, ": the gRPC server did not start"));
  }
  ASSIGN_OR_RETURN(const ListenAddress address,
                   ParseListenAddress(options.listen_flag, options.listen));
  if (!address.unix_path.empty()) result->port_ = 0;  // gRPC reports 1
  return result;
}

GrpcServer::~GrpcServer() {
  if (server_ != nullptr && !shut_down_) Shutdown(absl::ZeroDuration());
}

void GrpcServer::Shutdown(absl::Duration grace) {
  shut_down_ = true;
  health_.Shutdown();
  const bool ended = calls_->WaitForNone(std::min(grace, absl::Hours(24 * 365)));
  const absl::Duration close = ended ? std::min(grace, kCloseConnections) : absl::ZeroDuration();
  server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMicroseconds(close));
  server_->Wait();
}

}  // namespace baton
