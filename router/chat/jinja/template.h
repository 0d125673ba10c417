// A Jinja template as chat models carry it: parsed once, rendered for each conversation.
#ifndef BATON_ROUTER_CHAT_JINJA_TEMPLATE_H_
#define BATON_ROUTER_CHAT_JINJA_TEMPLATE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "router/chat/jinja/ast.h"
#include "router/chat/jinja/runtime.h"
#include "router/chat/jinja/text.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

// Behaves as Python's Jinja 3.1 does under transformers: the immutable sandbox, trim_blocks and
// lstrip_blocks on, no escaping, the tags break, continue and generation, and transformers' own
// tojson, raise_exception and strftime_now. Immutable, safe from any thread.
class Template {
 public:
  // See parser.h for errors.
  static absl::StatusOr<std::unique_ptr<const Template>> Parse(absl::string_view source);

  // Renders with the given variables (keys are strings), spending the runtime's budget.
  // INVALID_ARGUMENT where Python raises an exception, with the line, or with the bare message when
  // it is the template's own (raise_exception); UNIMPLEMENTED for what only shows while rendering;
  // OUT_OF_RANGE for integers beyond 64 bits; RESOURCE_EXHAUSTED past a limit. Needs up to about 1
  // MiB of stack with the default limits.
  absl::StatusOr<Text> Render(Runtime& runtime, const Dict& variables) const;

  // Whether the template goes through the items of `name`, or of an attribute or item of that name:
  // how one tells a template that takes a message's content in parts from one that takes text
  // alone.
  bool IteratesOver(absl::string_view name) const;

 private:
  explicit Template(std::unique_ptr<const Program> program) : program_(std::move(program)) {}

  const std::unique_ptr<const Program> program_;
};

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_TEMPLATE_H_
