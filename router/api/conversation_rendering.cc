#include "router/api/conversation_rendering.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "common/error_details.h"
#include "common/status_macros.h"
#include "router/api/excerpt.h"
#include "router/chat/chat_template.h"
#include "router/chat/conversation.h"

namespace baton {
namespace {

absl::Status CheckAtMost(absl::string_view field, size_t found, size_t limit,
                         absl::string_view what) {
  if (found <= limit) return absl::OkStatus();
  return InvalidField(field,
                      absl::StrCat("has ", found, " ", what, ", at most ", limit, " are allowed"));
}

absl::Status CheckSizes(const v1::Conversation& conversation) {
  if (conversation.messages().empty()) {
    return InvalidField("chat.messages", "must have at least one message, has none");
  }
  RETURN_IF_ERROR(
      CheckAtMost("chat.messages", conversation.messages_size(), kMaxMessages, "messages"));
  RETURN_IF_ERROR(
      CheckAtMost("chat.tools_json", conversation.tools_json_size(), kMaxTools, "tools"));
  RETURN_IF_ERROR(CheckAtMost("chat.template_variables_json",
                              conversation.template_variables_json().size(), kMaxTemplateVariables,
                              "variables"));
  return CheckAtMost("chat", conversation.ByteSizeLong(), kMaxConversationBytes, "bytes");
}

absl::Status CheckVariableName(absl::string_view name) {
  const bool is_identifier = !name.empty() && name.size() <= kMaxTemplateVariableNameBytes &&
                             !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
                             std::all_of(name.begin(), name.end(), [](unsigned char c) {
                               return absl::ascii_isalnum(c) || c == '_';
                             });
  if (is_identifier) return absl::OkStatus();
  return InvalidField("chat.template_variables_json",
                      absl::StrCat("names must be letters, digits and underscores, at most ",
                                   kMaxTemplateVariableNameBytes, ", one is ", Excerpt(name)));
}

absl::StatusOr<Message> ToMessage(const v1::ChatMessage& from, absl::string_view field) {
  Message to;
  to.role = from.role();
  to.content = from.content();
  to.name = from.name();
  to.tool_call_id = from.tool_call_id();
  if (!from.content().empty() && !from.parts().empty()) {
    return InvalidField(
        field,
        absl::StrCat("only one of content and parts may be set, content has ",
                     from.content().size(), " bytes and parts ", from.parts_size(), " entries"));
  }
  for (int i = 0; i < from.parts_size(); ++i) {
    if (!from.parts(i).has_text()) {
      return InvalidField(absl::StrCat(field, ".parts[", i, "]"),
                          "must be a text part, is empty or of an unknown kind");
    }
    to.parts.push_back({"text", from.parts(i).text()});
  }
  for (const v1::ToolCall& call : from.tool_calls()) {
    to.tool_calls.push_back({call.id(), call.name(), call.arguments_json()});
  }
  return to;
}

absl::StatusOr<Conversation> ToConversation(const v1::Conversation& from) {
  RETURN_IF_ERROR(CheckSizes(from));
  Conversation to;
  for (int i = 0; i < from.messages_size(); ++i) {
    ASSIGN_OR_RETURN(Message message,
                     ToMessage(from.messages(i), absl::StrCat("chat.messages[", i, "]")));
    to.messages.push_back(std::move(message));
  }
  to.tools_json.assign(from.tools_json().begin(), from.tools_json().end());
  to.add_generation_prompt = !from.has_add_generation_prompt() || from.add_generation_prompt();
  for (const auto& variable : from.template_variables_json()) {
    RETURN_IF_ERROR(CheckVariableName(variable.first));
    to.template_kwargs_json[variable.first] = variable.second;
  }
  return to;
}

// ChatTemplate names fields as chat/conversation.h does, at the start of its message; here they get
// the API's names.
absl::Status FieldError(absl::string_view message) {
  for (const absl::string_view root : {"messages", "tools[", "template_kwargs["}) {
    const size_t end = message.find(": ");
    if (!absl::StartsWith(message, root) || end == absl::string_view::npos) continue;
    const std::string field = absl::StrReplaceAll(message.substr(0, end),
                                                  {{"template_kwargs[", "template_variables_json["},
                                                   {"tools[", "tools_json["},
                                                   {".content[", ".parts["},
                                                   {".arguments", ".arguments_json"}});
    return InvalidField(absl::StrCat("chat.", field), message.substr(end + 2));
  }
  return InvalidField("chat", absl::StrCat("the model's chat template failed: ", message));
}

// What a client can do about `status`, an error of ChatTemplate::Render. A conversation that is too
// much for the template stays so however often it is sent.
absl::Status RenderError(const absl::Status& status, const ModelContext& model) {
  if (absl::IsUnimplemented(status)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the chat template of ", model.name, ": ", status.message()));
  }
  return FieldError(status.message());
}

}  // namespace

absl::StatusOr<RenderedConversation> RenderConversation(const v1::Conversation& conversation,
                                                        const ModelContext& model) {
  ASSIGN_OR_RETURN(const Conversation plain, ToConversation(conversation));
  if (model.chat_template == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("model ", model.name, " has no chat template that can run: ",
                     model.chat_template_status.ok() ? "its file has none"
                                                     : model.chat_template_status.message()));
  }
  const auto segments = model.chat_template->Render(plain, RenderOptions());
  if (!segments.ok()) return RenderError(segments.status(), model);
  RenderedConversation rendered;
  std::vector<TextSegment> pieces;
  for (const RenderedSegment& segment : *segments) {
    rendered.text += segment.text;
    TextSegment piece;
    piece.text = segment.text;
    piece.parse_special = segment.trusted;
    pieces.push_back(piece);
  }
  RETURN_IF_ERROR(model.tokenizer->EncodeSegments(pieces, &rendered.tokens));
  return rendered;
}

}  // namespace baton
