#include "client/client.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_mapping.h"
#include "grpc/grpc.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

namespace baton {
namespace {

std::chrono::system_clock::time_point Deadline(absl::Duration timeout) {
  return std::chrono::system_clock::now() +
         absl::ToChronoMicroseconds(std::min(timeout, absl::Hours(24 * 365)));
}

void SetDeadline(absl::Duration timeout, grpc::ClientContext* context) {
  if (timeout != absl::InfiniteDuration()) context->set_deadline(Deadline(timeout));
}

// Calls a unary method of a stub.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub* stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const Request& request, absl::Duration timeout) {
  grpc::ClientContext context;
  SetDeadline(timeout, &context);
  Response response;
  const grpc::Status status = (stub->*method)(&context, request, &response);
  if (status.error_code() == grpc::StatusCode::CANCELLED) {  // not by us, who have no way to
    return absl::UnavailableError("the server ended the call; it may be shutting down");
  }
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

}  // namespace

GenerateCall::~GenerateCall() {
  if (ended_) return;
  Cancel();
  v1::GenerateResponse ignored;
  while (reader_->Read(&ignored)) {
  }
  reader_->Finish();
}

bool GenerateCall::Read(v1::GenerateResponse* response) {
  if (!reader_->Read(response)) return false;
  saw_finished_ = saw_finished_ || response->has_finished();
  return true;
}

absl::Status GenerateCall::Finish() {
  ended_ = true;
  const absl::Status status = FromGrpcStatus(reader_->Finish());
  if (status.ok() && !saw_finished_) {
    return absl::DataLossError("the stream ended without its last message");
  }
  return status;
}

void GenerateCall::Cancel() { context_.TryCancel(); }

Client::Client(std::string address, std::shared_ptr<grpc::Channel> channel)
    : address_(std::move(address)),
      channel_(std::move(channel)),
      inference_(v1::InferenceService::NewStub(channel_)),
      cluster_(v1::ClusterService::NewStub(channel_)) {}

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(const std::string& address,
                                                        absl::Duration timeout) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A router that was restarted is found again within a second.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  const auto deadline = Deadline(timeout);
  // A refused connection is final here: whoever waits for a server to start calls again.
  grpc_connectivity_state state = channel->GetState(/*try_to_connect=*/true);
  while (state == GRPC_CHANNEL_IDLE || state == GRPC_CHANNEL_CONNECTING) {
    if (!channel->WaitForStateChange(state, deadline)) break;
    state = channel->GetState(true);
  }
  if (state != GRPC_CHANNEL_READY) {
    return absl::UnavailableError(absl::StrCat("no server answers at ", address));
  }
  return std::unique_ptr<Client>(new Client(address, std::move(channel)));
}

std::unique_ptr<GenerateCall> Client::Generate(const v1::GenerateRequest& request,
                                               absl::Duration timeout) {
  auto call = std::unique_ptr<GenerateCall>(new GenerateCall);
  SetDeadline(timeout, &call->context_);
  call->reader_ = inference_->Generate(&call->context_, request);
  return call;
}

absl::StatusOr<v1::TokenizeResponse> Client::Tokenize(const v1::TokenizeRequest& request,
                                                      absl::Duration timeout) {
  return Call(inference_.get(), &v1::InferenceService::Stub::Tokenize, request, timeout);
}

absl::StatusOr<v1::DetokenizeResponse> Client::Detokenize(const v1::DetokenizeRequest& request,
                                                          absl::Duration timeout) {
  return Call(inference_.get(), &v1::InferenceService::Stub::Detokenize, request, timeout);
}

absl::StatusOr<v1::ApplyChatTemplateResponse> Client::ApplyChatTemplate(
    const v1::ApplyChatTemplateRequest& request, absl::Duration timeout) {
  return Call(inference_.get(), &v1::InferenceService::Stub::ApplyChatTemplate, request, timeout);
}

absl::StatusOr<v1::ListModelsResponse> Client::ListModels(const v1::ListModelsRequest& request,
                                                          absl::Duration timeout) {
  return Call(inference_.get(), &v1::InferenceService::Stub::ListModels, request, timeout);
}

absl::StatusOr<v1::GetModelResponse> Client::GetModel(const v1::GetModelRequest& request,
                                                      absl::Duration timeout) {
  return Call(inference_.get(), &v1::InferenceService::Stub::GetModel, request, timeout);
}

absl::StatusOr<v1::GetClusterStatusResponse> Client::GetClusterStatus(
    const v1::GetClusterStatusRequest& request, absl::Duration timeout) {
  return Call(cluster_.get(), &v1::ClusterService::Stub::GetClusterStatus, request, timeout);
}

}  // namespace baton
