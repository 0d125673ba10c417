// Stand-ins for a Baton server's services, for tests of whoever calls them: they keep what they
// were asked and answer with what they were told to.
#ifndef BATON_CLIENT_FAKE_SERVICES_H_
#define BATON_CLIENT_FAKE_SERVICES_H_

#include <atomic>
#include <string>
#include <vector>

#include "baton/v1/cluster.grpc.pb.h"
#include "baton/v1/inference.grpc.pb.h"
#include "common/mutex.h"

namespace baton {

// Answers every Generate with the same text, a word a token; each of several choices with its
// number before it, all at once. Choices that are not returned count as generated. Set the public
// fields before it is called.
class FakeInferenceService : public v1::InferenceService::Service {
 public:
  std::vector<std::string> pieces = {"Hello", ",", " world"};
  grpc::Status status;  // what Generate ends with; when it is an error, nothing else is sent
  bool hang_after_pieces = false;  // instead of finishing, wait for the client to cancel
  v1::FinishReason reason = v1::FINISH_REASON_STOP;  // of the answer, if it is one choice only
  bool omit_finished = false;                        // end without the last message
  uint32_t cached_tokens = 0;                        // of the prompt, which has five

  std::vector<v1::GenerateRequest> requests() const {
    MutexLock lock(&mu_);
    return requests_;
  }
  int cancelled() const {
    MutexLock lock(&mu_);
    return cancelled_;
  }

  grpc::Status Generate(grpc::ServerContext* context, const v1::GenerateRequest* request,
                        grpc::ServerWriter<v1::GenerateResponse>* writer) override;
  // A token for each byte, whose id is the byte; the other way round in Detokenize.
  grpc::Status Tokenize(grpc::ServerContext* context, const v1::TokenizeRequest* request,
                        v1::TokenizeResponse* response) override;
  grpc::Status Detokenize(grpc::ServerContext* context, const v1::DetokenizeRequest* request,
                          v1::DetokenizeResponse* response) override;
  // "ROLE: CONTENT\n" for each message.
  grpc::Status ApplyChatTemplate(grpc::ServerContext* context,
                                 const v1::ApplyChatTemplateRequest* request,
                                 v1::ApplyChatTemplateResponse* response) override;
  // The model "fake", with room for 4096 tokens.
  grpc::Status GetModel(grpc::ServerContext* context, const v1::GetModelRequest* request,
                        v1::GetModelResponse* response) override;

 private:
  mutable Mutex mu_;
  std::vector<v1::GenerateRequest> requests_ ABSL_GUARDED_BY(mu_);
  int cancelled_ ABSL_GUARDED_BY(mu_) = 0;
};

// Reports `response`. Set the public fields before it is called.
class FakeClusterService : public v1::ClusterService::Service {
 public:
  v1::GetClusterStatusResponse response;
  bool hang = false;  // instead of answering, wait until the call is cancelled
  std::atomic<int> calls{0};

  grpc::Status GetClusterStatus(grpc::ServerContext* context,
                                const v1::GetClusterStatusRequest* request,
                                v1::GetClusterStatusResponse* out) override;
};

// A cluster of one group "g0" (tp 2 x pp 1) that is ready.
v1::GetClusterStatusResponse OneReadyGroup();

}  // namespace baton

#endif  // BATON_CLIENT_FAKE_SERVICES_H_
