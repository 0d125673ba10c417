// One stream of gRPC's server reflection: questions and their answers.
#ifndef BATON_TESTS_LOAD_BACKEND_REFLECTION_CALL_H_
#define BATON_TESTS_LOAD_BACKEND_REFLECTION_CALL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/async_stream.h"
#include "grpcpp/support/status.h"
#include "reflection/server_reflection.pb.h"

namespace baton {

// For one thread, which it blocks.
class ReflectionCall {
 public:
  // Calls `method`, "/package.Service/Method". All of it ends at `deadline` at the latest.
  ReflectionCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                 absl::Time deadline);
  // Cancels what has not ended.
  ~ReflectionCall();
  ReflectionCall(const ReflectionCall&) = delete;
  ReflectionCall& operator=(const ReflectionCall&) = delete;

  // The status of the call, if it ended in place of an answer; DATA_LOSS when that is OK.
  absl::StatusOr<reflection::ReflectionResponse> Ask(const reflection::ReflectionRequest& request);

 private:
  bool Wait();  // for the one operation that is under way; whether it succeeded
  void End();

  grpc::TemplatedGenericStub<reflection::ReflectionRequest, reflection::ReflectionResponse> stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<
      grpc::ClientAsyncReaderWriter<reflection::ReflectionRequest, reflection::ReflectionResponse>>
      call_;
  grpc::Status status_;
  bool ended_ = false;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_REFLECTION_CALL_H_
