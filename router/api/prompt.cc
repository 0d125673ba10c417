#include "router/api/prompt.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/error_details.h"
#include "common/status_macros.h"
#include "router/api/conversation_rendering.h"
#include "router/api/field_checks.h"

namespace baton {
namespace {

absl::StatusOr<std::vector<int32_t>> TextTokens(const v1::GenerateRequest& request,
                                                const ModelContext& model) {
  if (request.text().empty()) return InvalidField("text", "must not be empty");
  EncodeOptions options;
  options.parse_special = request.parse_special();
  options.add_special = true;
  std::vector<int32_t> tokens;
  RETURN_IF_ERROR(model.tokenizer->Encode(request.text(), options, &tokens));
  return tokens;
}

}  // namespace

absl::StatusOr<Prompt> MakePrompt(const v1::GenerateRequest& request, const ModelContext& model) {
  Prompt prompt;
  switch (request.input_case()) {
    case v1::GenerateRequest::kText: {
      prompt.field = "text";
      ASSIGN_OR_RETURN(prompt.tokens, TextTokens(request, model));
      break;
    }
    case v1::GenerateRequest::kTokens: {
      prompt.field = "tokens.ids";
      ASSIGN_OR_RETURN(prompt.tokens, CheckTokenIds(prompt.field, request.tokens().ids(), model));
      break;
    }
    case v1::GenerateRequest::kChat: {
      prompt.field = "chat.messages";
      ASSIGN_OR_RETURN(RenderedConversation rendered, RenderConversation(request.chat(), model));
      prompt.tokens = std::move(rendered.tokens);
      break;
    }
    case v1::GenerateRequest::INPUT_NOT_SET:
      return InvalidField("input", "one of text, tokens and chat must be set, none is");
  }
  if (prompt.tokens.empty()) {
    return InvalidField(prompt.field, "must give at least one token, gives none");
  }
  return prompt;
}

}  // namespace baton
