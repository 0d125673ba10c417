// The engine's events as messages of the public API.
#ifndef BATON_ROUTER_API_EVENT_PROTO_H_
#define BATON_ROUTER_API_EVENT_PROTO_H_

#include <cstdint>
#include <string>

#include "baton/v1/inference.pb.h"
#include "router/engine/request.h"

namespace baton {

v1::PromptPiece PromptProto(PromptEvent event);
v1::GeneratedPiece PieceProto(PieceEvent event);
v1::ChoiceFinished ChoiceFinishedProto(const ChoiceEnd& end);

// `prompt_tokens` and `numerics_class` are those of the request and of its StartedEvent.
v1::GenerateFinished FinishedProto(const FinishedEvent& event, uint32_t prompt_tokens,
                                   const std::string& numerics_class);

}  // namespace baton

#endif  // BATON_ROUTER_API_EVENT_PROTO_H_
