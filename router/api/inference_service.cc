#include "router/api/inference_service.h"

#include <chrono>
#include <utility>

#include "absl/time/time.h"
#include "common/error_details.h"
#include "common/status_macros.h"
#include "common/status_mapping.h"
#include "router/api/raw_message.h"
#include "router/api/text_handlers.h"

namespace baton {
namespace {

absl::Status Busy() {
  return WithReason(
      WithRetryAfter(absl::ResourceExhaustedError("server busy: too many requests wait to be read"),
                     absl::Milliseconds(100)),
      "SERVER_BUSY");
}

// gRPC's deadline is on the system clock; ours is on the clock that reads `now`.
absl::Time DeadlineOf(const grpc::CallbackServerContext& context, absl::Time now) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return absl::InfiniteFuture();
  return now + absl::FromChrono(deadline - std::chrono::system_clock::now());
}

// gRPC would keep the bytes, and the whole buffers they were received in, as long as the stream
// lasts; it does nothing more with them than to destroy them, and they were never const.
grpc::ByteBuffer TakeRequest(const grpc::ByteBuffer* request) {
  grpc::ByteBuffer taken;
  taken.Swap(const_cast<grpc::ByteBuffer*>(request));
  return taken;
}

}  // namespace

InferenceService::InferenceService(const InferenceServiceOptions& options, Cluster* cluster,
                                   const Clock* clock)
    : options_(options), cluster_(cluster), clock_(clock), pool_(options.work) {}

grpc::ServerWriteReactor<grpc::ByteBuffer>* InferenceService::Generate(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  const std::shared_ptr<GenerateStream> stream =
      GenerateStream::Create(context, options_.stream, options_.last_writes,
                             options_.count_stream ? options_.count_stream() : nullptr);
  CallTimes times;
  times.arrival = clock_->Now();
  times.deadline = DeadlineOf(*context, times.arrival);
  grpc::ByteBuffer raw = TakeRequest(request);
  const auto read = [this, raw, times, stream] {
    if (stream->ended()) return;
    const absl::Status status = StartGenerate(raw, times, stream);
    if (!status.ok()) stream->Fail(status);
  };
  if (raw.Length() <= options_.read_at_once_bytes) {
    read();
  } else if (!pool_.TryPost(raw.Length(), read)) {
    stream->Fail(Busy());
  }
  return stream.get();  // keeps itself alive until OnDone
}

absl::Status InferenceService::StartGenerate(const grpc::ByteBuffer& raw, const CallTimes& times,
                                             const std::shared_ptr<GenerateStream>& stream) {
  if (clock_->Now() >= times.deadline) {
    return absl::DeadlineExceededError("the deadline passed before the request was read");
  }
  v1::GenerateRequest request;
  RETURN_IF_ERROR(ParseRaw(raw, &request));
  ASSIGN_OR_RETURN(const ModelServing serving, cluster_->FindModel(request.model()));
  ASSIGN_OR_RETURN(ValidatedGenerate generate,
                   ValidateGenerate(request, serving, times, options_.random));
  stream->Describe(DescribeGenerate(generate, *serving.model));
  stream->SetHandle(cluster_->Submit(serving.model, std::move(generate.request), stream));
  return absl::OkStatus();
}

template <typename Request, typename Response>
grpc::ServerUnaryReactor* InferenceService::RunUnary(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* raw, grpc::ByteBuffer* out,
    absl::StatusOr<Response> (*handler)(const Request&, const Cluster&)) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const auto run = [this, context, raw, out, handler]() -> absl::Status {
    if (context->IsCancelled()) return absl::CancelledError("the client has gone");
    Request request;
    RETURN_IF_ERROR(ParseRaw(*raw, &request));
    ASSIGN_OR_RETURN(const Response response, handler(request, *cluster_));
    *out = SerializeRaw(response);
    return absl::OkStatus();
  };
  // Context, request and response live until Finish.
  const bool posted =
      pool_.TryPost(raw->Length(), [reactor, run] { reactor->Finish(ToGrpcStatus(run())); });
  if (!posted) reactor->Finish(ToGrpcStatus(Busy()));
  return reactor;
}

grpc::ServerUnaryReactor* InferenceService::Tokenize(grpc::CallbackServerContext* context,
                                                     const grpc::ByteBuffer* request,
                                                     grpc::ByteBuffer* response) {
  return RunUnary(context, request, response, HandleTokenize);
}

grpc::ServerUnaryReactor* InferenceService::Detokenize(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) {
  return RunUnary(context, request, response, HandleDetokenize);
}

grpc::ServerUnaryReactor* InferenceService::ApplyChatTemplate(grpc::CallbackServerContext* context,
                                                              const grpc::ByteBuffer* request,
                                                              grpc::ByteBuffer* response) {
  return RunUnary(context, request, response, HandleApplyChatTemplate);
}

grpc::ServerUnaryReactor* InferenceService::GetModel(grpc::CallbackServerContext* context,
                                                     const grpc::ByteBuffer* request,
                                                     grpc::ByteBuffer* response) {
  return RunUnary(context, request, response, HandleGetModel);
}

grpc::ServerUnaryReactor* InferenceService::ListModels(grpc::CallbackServerContext* context,
                                                       const v1::ListModelsRequest* request,
                                                       v1::ListModelsResponse* response) {
  *response = *HandleListModels(*request, *cluster_);
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace baton
