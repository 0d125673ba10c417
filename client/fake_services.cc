#include "client/fake_services.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace baton {
namespace {

// "the prompt" in two tokens.
void SendPrompt(const v1::GenerateRequest& request,
                grpc::ServerWriter<v1::GenerateResponse>* writer) {
  v1::GenerateResponse response;
  v1::PromptPiece* prompt = response.mutable_prompt();
  prompt->add_token_ids(1);
  prompt->add_token_ids(2);
  if (request.echo()) prompt->set_text("the prompt");
  if (request.has_prompt_logprobs()) {
    prompt->add_logprobs();
    prompt->add_logprobs()->set_logprob(-2.5f);
  }
  writer->Write(response);
}

void SendChoiceFinished(uint32_t choice, uint32_t output_tokens,
                        grpc::ServerWriter<v1::GenerateResponse>* writer) {
  v1::GenerateResponse response;
  v1::ChoiceFinished* finished = response.mutable_choice_finished();
  finished->set_choice(choice);
  finished->set_reason(v1::FINISH_REASON_LENGTH);
  finished->set_output_tokens(output_tokens);
  finished->set_cumulative_logprob(-1.5);
  writer->Write(response);
}

}  // namespace

grpc::Status FakeInferenceService::Generate(grpc::ServerContext* context,
                                            const v1::GenerateRequest* request,
                                            grpc::ServerWriter<v1::GenerateResponse>* writer) {
  {
    MutexLock lock(&mu_);
    requests_.push_back(*request);
  }
  if (!status.ok()) return status;
  v1::GenerateResponse response;
  response.mutable_started()->set_request_id("fake-1");
  response.mutable_started()->set_seed(7);
  response.mutable_started()->set_model("fake");
  response.mutable_started()->set_group("g0");
  response.mutable_started()->set_prompt_tokens(5);
  writer->Write(response);
  if (request->echo() || request->has_prompt_logprobs()) SendPrompt(*request, writer);
  const uint32_t choices = request->has_n() ? request->n() : 1;
  for (size_t i = 0; i < pieces.size(); ++i) {
    for (uint32_t choice = 0; choice < choices; ++choice) {
      response.mutable_piece()->Clear();
      response.mutable_piece()->set_choice(choice);
      response.mutable_piece()->set_position(i);
      response.mutable_piece()->add_token_ids(100 + i);
      response.mutable_piece()->set_text(choices > 1 && i == 0 ? std::to_string(choice) + pieces[i]
                                                               : pieces[i]);
      if (request->has_logprobs()) response.mutable_piece()->add_logprobs()->set_logprob(-0.5f);
      writer->Write(response);
    }
  }
  for (uint32_t choice = 0; choices > 1 && choice < choices; ++choice) {
    SendChoiceFinished(choice, pieces.size(), writer);
  }
  if (hang_after_pieces) {
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    MutexLock lock(&mu_);
    ++cancelled_;
    return grpc::Status::CANCELLED;
  }
  if (omit_finished) return grpc::Status::OK;
  v1::GenerateFinished* finished = response.mutable_finished();
  finished->set_reason(reason);
  finished->mutable_usage()->set_prompt_tokens(5);
  finished->mutable_usage()->set_output_tokens(std::max(choices, request->best_of()) *
                                               pieces.size());
  finished->mutable_usage()->set_cached_tokens(cached_tokens);
  finished->mutable_timings()->mutable_first_token()->set_nanos(45'000'000);
  writer->Write(response);
  return grpc::Status::OK;
}

grpc::Status FakeInferenceService::Tokenize(grpc::ServerContext*,
                                            const v1::TokenizeRequest* request,
                                            v1::TokenizeResponse* response) {
  for (const char byte : request->text()) {
    response->add_token_ids(static_cast<unsigned char>(byte));
    response->add_token_bytes(std::string(1, byte));
  }
  return grpc::Status::OK;
}

grpc::Status FakeInferenceService::Detokenize(grpc::ServerContext*,
                                              const v1::DetokenizeRequest* request,
                                              v1::DetokenizeResponse* response) {
  for (const uint32_t id : request->token_ids()) {
    response->mutable_text()->push_back(static_cast<char>(id));
  }
  return grpc::Status::OK;
}

grpc::Status FakeInferenceService::ApplyChatTemplate(grpc::ServerContext*,
                                                     const v1::ApplyChatTemplateRequest* request,
                                                     v1::ApplyChatTemplateResponse* response) {
  for (const auto& message : request->chat().messages()) {
    response->mutable_text()->append(message.role() + ": " + message.content() + "\n");
  }
  response->add_token_ids(1);
  return grpc::Status::OK;
}

grpc::Status FakeInferenceService::GetModel(grpc::ServerContext*, const v1::GetModelRequest*,
                                            v1::GetModelResponse* response) {
  response->mutable_model()->set_name("fake");
  response->mutable_model()->set_max_model_len(4096);
  return grpc::Status::OK;
}

grpc::Status FakeClusterService::GetClusterStatus(grpc::ServerContext* context,
                                                  const v1::GetClusterStatusRequest*,
                                                  v1::GetClusterStatusResponse* out) {
  ++calls;
  while (hang && !context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  *out = response;
  return grpc::Status::OK;
}

v1::GetClusterStatusResponse OneReadyGroup() {
  v1::GetClusterStatusResponse response;
  response.set_version("0.1.0");
  response.set_uptime_seconds(75);
  v1::GroupStatus* group = response.add_groups();
  group->set_name("g0");
  group->set_state(v1::GROUP_STATE_READY);
  group->set_model("fake");
  group->set_tp(2);
  group->set_pp(1);
  group->set_epoch(1);
  group->set_running(3);
  group->set_waiting(4);
  group->set_kv_blocks_used(10);
  group->set_kv_blocks_total(1000);
  group->set_kv_block_size(16);
  group->set_output_tokens_per_second(123.4);
  for (uint32_t rank = 0; rank < 2; ++rank) {
    v1::RankStatus* worker = group->add_ranks();
    worker->set_rank(rank);
    worker->set_pid(4000 + rank);
    worker->set_host("box");
    worker->set_loaded(1.0);
    worker->set_weight_bytes(52u << 20);
    worker->set_kv_bytes(512u << 20);
    worker->set_workspace_bytes(34u << 20);
    worker->set_shard(rank == 0 ? "heads 0-4 of 9" : "heads 5-8 of 9");
  }
  return response;
}

}  // namespace baton
