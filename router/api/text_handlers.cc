#include "router/api/text_handlers.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/status_macros.h"
#include "router/api/cluster_proto.h"
#include "router/api/conversation_rendering.h"
#include "router/api/field_checks.h"

namespace baton {
namespace {

void SetTokens(const std::vector<int32_t>& tokens,
               google::protobuf::RepeatedField<uint32_t>* field) {
  field->Add(tokens.begin(), tokens.end());
}

}  // namespace

absl::StatusOr<v1::TokenizeResponse> HandleTokenize(const v1::TokenizeRequest& request,
                                                    const Cluster& cluster) {
  ASSIGN_OR_RETURN(const ModelServing serving, cluster.FindModel(request.model()));
  const Tokenizer& tokenizer = *serving.model->tokenizer;
  EncodeOptions options;
  options.parse_special = request.parse_special();
  options.add_special = request.add_special();
  std::vector<int32_t> tokens;
  RETURN_IF_ERROR(tokenizer.Encode(request.text(), options, &tokens));
  v1::TokenizeResponse response;
  SetTokens(tokens, response.mutable_token_ids());
  for (const int32_t token : tokens) {
    response.add_token_bytes(std::string(tokenizer.TokenBytes(token)));
  }
  return response;
}

absl::StatusOr<v1::DetokenizeResponse> HandleDetokenize(const v1::DetokenizeRequest& request,
                                                        const Cluster& cluster) {
  ASSIGN_OR_RETURN(const ModelServing serving, cluster.FindModel(request.model()));
  ASSIGN_OR_RETURN(const std::vector<int32_t> tokens,
                   CheckTokenIds("token_ids", request.token_ids(), *serving.model));
  v1::DetokenizeResponse response;
  ASSIGN_OR_RETURN(*response.mutable_text(),
                   serving.model->tokenizer->Decode(tokens, request.skip_special()));
  return response;
}

absl::StatusOr<v1::ApplyChatTemplateResponse> HandleApplyChatTemplate(
    const v1::ApplyChatTemplateRequest& request, const Cluster& cluster) {
  ASSIGN_OR_RETURN(const ModelServing serving, cluster.FindModel(request.model()));
  ASSIGN_OR_RETURN(RenderedConversation rendered,
                   RenderConversation(request.chat(), *serving.model));
  v1::ApplyChatTemplateResponse response;
  response.set_text(std::move(rendered.text));
  SetTokens(rendered.tokens, response.mutable_token_ids());
  return response;
}

absl::StatusOr<v1::GetModelResponse> HandleGetModel(const v1::GetModelRequest& request,
                                                    const Cluster& cluster) {
  ASSIGN_OR_RETURN(const ModelServing serving, cluster.FindModel(request.model()));
  v1::GetModelResponse response;
  *response.mutable_model() = ModelProto(serving);
  return response;
}

absl::StatusOr<v1::ListModelsResponse> HandleListModels(const v1::ListModelsRequest& /*request*/,
                                                        const Cluster& cluster) {
  v1::ListModelsResponse response;
  for (const ModelServing& serving : cluster.Models()) {
    *response.add_models() = ModelProto(serving);
  }
  return response;
}

}  // namespace baton
