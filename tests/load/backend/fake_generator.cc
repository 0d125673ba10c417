#include "tests/load/backend/fake_generator.h"

#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace baton {
namespace {

// Returns how many tokens it has.
int ToDelta(const std::vector<std::string>& texts, fake::Delta* delta) {
  int tokens = 0;
  for (const std::string& text : texts) {
    fake::Piece* piece = delta->add_pieces();
    piece->set_text(text);
    piece->set_raw(text);
    for (const char c : text) piece->add_token_ids(static_cast<unsigned char>(c));
    tokens += piece->token_ids_size();
  }
  return tokens;
}

}  // namespace

grpc::Status FakeGenerator::Generate(grpc::ServerContext* context,
                                     const fake::GenerateRequest* request,
                                     grpc::ServerWriter<fake::GenerateResponse>* writer) {
  {
    MutexLock lock(&mu_);
    requests_.push_back(*request);
  }
  if (refuse) return status;
  fake::GenerateResponse response;
  response.mutable_queued();
  writer->Write(response);
  int tokens = 0;
  for (const auto& texts : deltas) {
    response.Clear();
    tokens += ToDelta(texts, response.mutable_delta());
    writer->Write(response);
  }
  if (hang_after_deltas) {
    ++hanging;
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --hanging;
  }
  if (!status.ok() || omit_finished) return status;
  fake::Finished* finished = response.mutable_finished();
  finished->set_reason(fake::REASON_LENGTH);
  finished->mutable_usage()->set_prompt_tokens(5);
  finished->mutable_usage()->set_completion_tokens(tokens);
  writer->Write(response);
  return status;
}

FakeGeneratorServer::FakeGeneratorServer() {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service_);
  server_ = builder.BuildAndStart();
  address_ = absl::StrCat("127.0.0.1:", port);
}

void FakeGeneratorServer::Die() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_ = nullptr;
}

}  // namespace baton
