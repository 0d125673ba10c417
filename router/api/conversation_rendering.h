// A conversation of the API through the model's own chat template, and on to tokens.
#ifndef BATON_ROUTER_API_CONVERSATION_RENDERING_H_
#define BATON_ROUTER_API_CONVERSATION_RENDERING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "baton/v1/inference.pb.h"
#include "router/fleet/model_context.h"

namespace baton {

constexpr int kMaxMessages = 4096;
constexpr int kMaxTools = 128;
constexpr int kMaxTemplateVariables = 64;
constexpr size_t kMaxTemplateVariableNameBytes = 64;
constexpr size_t kMaxConversationBytes = 4u << 20;  // in protobuf's wire format

struct RenderedConversation {
  std::string text;
  std::vector<int32_t> tokens;  // special tokens come from the template's own words only
};

// Strings must be UTF-8. INVALID_ARGUMENT with BadRequest on "chat.…" for a conversation that
// breaks a limit, holds JSON that does not parse, or that the template itself refuses;
// FAILED_PRECONDITION when the model has no template that can run, saying why.
absl::StatusOr<RenderedConversation> RenderConversation(const v1::Conversation& conversation,
                                                        const ModelContext& model);

}  // namespace baton

#endif  // BATON_ROUTER_API_CONVERSATION_RENDERING_H_
