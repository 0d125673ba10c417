// The C++ client: a connection to a Baton server, with absl::Status for errors and their details
// preserved.
//
//   ASSIGN_OR_RETURN(auto client, Client::Connect("127.0.0.1:50051"));
//   v1::GenerateRequest request;
//   request.set_text("Why is the sky blue?");
//   auto call = client->Generate(request);
//   v1::GenerateResponse response;
//   while (call->Read(&response)) std::cout << response.piece().text();
//   RETURN_IF_ERROR(call->Finish());
//
// Errors carry the server's google.rpc details as payloads: FieldViolations, RetryAfter and Reason
// of common/error_details.h read them. A call with a single answer that the server cancels, as one
// does that shuts down, is UNAVAILABLE. Everything here blocks the caller; nothing needs a thread
// of its own.
#ifndef BATON_CLIENT_CLIENT_H_
#define BATON_CLIENT_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "baton/v1/cluster.grpc.pb.h"
#include "baton/v1/inference.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"

namespace baton {

// One stream of generated tokens. Movable by its pointer only; used by one thread, except Cancel.
class GenerateCall {
 public:
  // Cancels what has not ended.
  ~GenerateCall();
  GenerateCall(const GenerateCall&) = delete;
  GenerateCall& operator=(const GenerateCall&) = delete;

  // Blocks for the next message; false at the end of the stream, whose reason Finish() tells.
  bool Read(v1::GenerateResponse* response);

  // How the stream ended. Call it once, after Read returned false. A stream that ended well without
  // its last message
  // (`finished`) is DATA_LOSS.
  absl::Status Finish();

  // Ends the call: a blocked Read returns false soon and Finish() gives CANCELLED. From any thread,
  // any number of times.
  void Cancel();

 private:
  friend class Client;
  GenerateCall() = default;

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::GenerateResponse>> reader_;
  bool saw_finished_ = false;  // the `finished` message has come
  bool ended_ = false;         // Finish() was called
};

// A connection. Thread-safe; it connects again by itself when it was lost. Must outlive its calls.
class Client {
 public:
  // Connects to "HOST:PORT" or "unix:/PATH". UNAVAILABLE, naming the address, when no server
  // answers within `timeout`.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(const std::string& address,
                                                         absl::Duration timeout = absl::Seconds(5));

  // Each call takes at most `timeout` and is DEADLINE_EXCEEDED afterwards.
  std::unique_ptr<GenerateCall> Generate(const v1::GenerateRequest& request,
                                         absl::Duration timeout = absl::InfiniteDuration());
  absl::StatusOr<v1::TokenizeResponse> Tokenize(const v1::TokenizeRequest& request,
                                                absl::Duration timeout = kUnaryTimeout);
  absl::StatusOr<v1::DetokenizeResponse> Detokenize(const v1::DetokenizeRequest& request,
                                                    absl::Duration timeout = kUnaryTimeout);
  absl::StatusOr<v1::ApplyChatTemplateResponse> ApplyChatTemplate(
      const v1::ApplyChatTemplateRequest& request, absl::Duration timeout = kUnaryTimeout);
  absl::StatusOr<v1::ListModelsResponse> ListModels(const v1::ListModelsRequest& request = {},
                                                    absl::Duration timeout = kUnaryTimeout);
  absl::StatusOr<v1::GetModelResponse> GetModel(const v1::GetModelRequest& request,
                                                absl::Duration timeout = kUnaryTimeout);
  absl::StatusOr<v1::GetClusterStatusResponse> GetClusterStatus(
      const v1::GetClusterStatusRequest& request = {}, absl::Duration timeout = kUnaryTimeout);

  const std::string& address() const { return address_; }

 private:
  static constexpr absl::Duration kUnaryTimeout = absl::Seconds(30);

  Client(std::string address, std::shared_ptr<grpc::Channel> channel);

  const std::string address_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::InferenceService::Stub> inference_;
  const std::unique_ptr<v1::ClusterService::Stub> cluster_;
};

}  // namespace baton

#endif  // BATON_CLIENT_CLIENT_H_
