#include "tests/load/backend/reflection_call.h"

#include "common/status_mapping.h"
#include "grpcpp/impl/codegen/proto_utils.h"

namespace baton {

using reflection::ReflectionRequest;
using reflection::ReflectionResponse;

ReflectionCall::ReflectionCall(const std::shared_ptr<grpc::Channel>& channel,
                               const std::string& method, absl::Time deadline)
    : stub_(channel) {
  if (deadline != absl::InfiniteFuture()) context_.set_deadline(absl::ToChronoTime(deadline));
  call_ = stub_.PrepareCall(&context_, method, &queue_);
  call_->StartCall(nullptr);
  Wait();
}

ReflectionCall::~ReflectionCall() {
  if (!ended_) {
    context_.TryCancel();
    End();
  }
  queue_.Shutdown();
  void* tag;
  bool ok;
  while (queue_.Next(&tag, &ok)) continue;
}

absl::StatusOr<ReflectionResponse> ReflectionCall::Ask(const ReflectionRequest& request) {
  ReflectionResponse response;
  if (!ended_) {
    call_->Write(request, nullptr);
    if (Wait()) {
      call_->Read(&response, nullptr);
      if (Wait()) return response;
    }
    End();
  }
  if (!status_.ok()) return FromGrpcStatus(status_);
  return absl::DataLossError("the server's reflection ended without an answer");
}

bool ReflectionCall::Wait() {
  void* tag;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

void ReflectionCall::End() {
  call_->Finish(&status_, nullptr);
  Wait();
  ended_ = true;
}

}  // namespace baton
