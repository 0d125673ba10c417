// baton.v1.InferenceService over gRPC's callback API: a small pool parses, renders and tokenises,
// and the engine's turns write. gRPC's threads only hand over, but for Generate requests so small
// that a wake-up of the pool would take longer than to read them.
//
// Every method but ListModels is served raw (see raw_message.h), so that a malformed request gets
// INVALID_ARGUMENT.
#ifndef BATON_ROUTER_API_INFERENCE_SERVICE_H_
#define BATON_ROUTER_API_INFERENCE_SERVICE_H_

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "baton/v1/inference.grpc.pb.h"
#include "common/clock.h"
#include "router/api/generate_stream.h"
#include "router/api/sampling_validation.h"
#include "router/api/stream_buffer.h"
#include "router/api/validation.h"
#include "router/api/work_pool.h"
#include "router/fleet/cluster.h"

namespace baton {

struct InferenceServiceOptions {
  WorkPool::Options work;  // what parses, renders and tokenises
  // Generate requests of at most so many bytes do without it.
  size_t read_at_once_bytes = 1024;
  StreamBuffer::Limits stream;  // of each stream
  // How long each write may take once its request is over.
  absl::Duration last_writes = absl::Seconds(30);
  RandomSource random = SystemRandom;
  // Called for each call of kGenerate; what it gives is held until the call has ended. Null: nobody
  // counts them.
  std::function<std::shared_ptr<void>()> count_stream;
};

using RawInferenceService = v1::InferenceService::WithRawCallbackMethod_Generate<
    v1::InferenceService::WithRawCallbackMethod_Tokenize<
        v1::InferenceService::WithRawCallbackMethod_Detokenize<
            v1::InferenceService::WithRawCallbackMethod_ApplyChatTemplate<
                v1::InferenceService::WithRawCallbackMethod_GetModel<
                    v1::InferenceService::WithCallbackMethod_ListModels<
                        v1::InferenceService::Service>>>>>>;

class InferenceService final : public RawInferenceService {
 public:
  static constexpr char kGenerate[] = "/baton.v1.InferenceService/Generate";

  // `cluster` and `clock` must outlive this object, and this object the server that it is
  // registered with. `clock` is the one that requests' deadlines are measured on.
  InferenceService(const InferenceServiceOptions& options, Cluster* cluster, const Clock* clock);

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Generate(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* Tokenize(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Detokenize(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ApplyChatTemplate(grpc::CallbackServerContext* context,
                                              const grpc::ByteBuffer* request,
                                              grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetModel(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context,
                                       const v1::ListModelsRequest* request,
                                       v1::ListModelsResponse* response) override;

 private:
  // Parses, checks and submits.
  absl::Status StartGenerate(const grpc::ByteBuffer& raw, const CallTimes& times,
                             const std::shared_ptr<GenerateStream>& stream);

  // Parses, runs `handler` and answers, on the pool.
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* RunUnary(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* raw, grpc::ByteBuffer* out,
                                     absl::StatusOr<Response> (*handler)(const Request&,
                                                                         const Cluster&));

  const InferenceServiceOptions options_;
  Cluster* const cluster_;
  const Clock* const clock_;
  WorkPool pool_;  // last: its jobs use what is above
};

}  // namespace baton

#endif  // BATON_ROUTER_API_INFERENCE_SERVICE_H_
