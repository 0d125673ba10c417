// A conversation as the variables a chat template reads, checked field by field.
#ifndef BATON_ROUTER_CHAT_TEMPLATE_VARIABLES_H_
#define BATON_ROUTER_CHAT_TEMPLATE_VARIABLES_H_

#include <memory>

#include "absl/status/statusor.h"
#include "router/chat/conversation.h"
#include "router/chat/jinja/budget.h"
#include "router/chat/jinja/value.h"

namespace baton {

// messages, tools, documents, add_generation_prompt and the kwargs. The client's text in them is
// untrusted; names of fields and roles are trusted. With `takes_parts`, content in parts stays a
// list. INVALID_ARGUMENT names the field.
absl::StatusOr<std::shared_ptr<jinja::Dict>> TemplateVariables(jinja::Budget& budget,
                                                               const Conversation& conversation,
                                                               bool takes_parts);

}  // namespace baton

#endif  // BATON_ROUTER_CHAT_TEMPLATE_VARIABLES_H_
