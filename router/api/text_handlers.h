// The unary methods of baton.v1.InferenceService as plain functions: no thread, no gRPC. Strings in
// requests must be UTF-8 (ParseRequest sees to that). All report NOT_FOUND, UNAVAILABLE or
// INVALID_ARGUMENT as Cluster::FindModel does.
#ifndef BATON_ROUTER_API_TEXT_HANDLERS_H_
#define BATON_ROUTER_API_TEXT_HANDLERS_H_

#include "absl/status/statusor.h"
#include "baton/v1/inference.pb.h"
#include "router/fleet/cluster.h"

namespace baton {

absl::StatusOr<v1::TokenizeResponse> HandleTokenize(const v1::TokenizeRequest& request,
                                                    const Cluster& cluster);

// INVALID_ARGUMENT with BadRequest for an id outside the vocabulary.
absl::StatusOr<v1::DetokenizeResponse> HandleDetokenize(const v1::DetokenizeRequest& request,
                                                        const Cluster& cluster);

// Errors as RenderConversation's, with fields under "chat".
absl::StatusOr<v1::ApplyChatTemplateResponse> HandleApplyChatTemplate(
    const v1::ApplyChatTemplateRequest& request, const Cluster& cluster);

absl::StatusOr<v1::GetModelResponse> HandleGetModel(const v1::GetModelRequest& request,
                                                    const Cluster& cluster);

// Never fails: no models make an empty list.
absl::StatusOr<v1::ListModelsResponse> HandleListModels(const v1::ListModelsRequest& request,
                                                        const Cluster& cluster);

}  // namespace baton

#endif  // BATON_ROUTER_API_TEXT_HANDLERS_H_
