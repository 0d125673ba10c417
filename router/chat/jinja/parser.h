// Template source to a checked program.
#ifndef BATON_ROUTER_CHAT_JINJA_PARSER_H_
#define BATON_ROUTER_CHAT_JINJA_PARSER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "router/chat/jinja/ast.h"

namespace baton {
namespace jinja {

// Jinja 3.1's grammar with the extensions transformers turns on (loopcontrols, generation). Errors
// are "chat template: line N: ...": INVALID_ARGUMENT for what Jinja refuses, UNIMPLEMENTED for a
// tag, filter, test, function or method that this interpreter has not, by its name.
absl::StatusOr<std::unique_ptr<const Program>> ParseProgram(absl::string_view source);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_PARSER_H_
