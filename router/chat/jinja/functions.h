// The functions a template may call by name: range, dict, namespace, raise_exception, strftime_now.
#ifndef BATON_ROUTER_CHAT_JINJA_FUNCTIONS_H_
#define BATON_ROUTER_CHAT_JINJA_FUNCTIONS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "router/chat/jinja/runtime.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

struct Function {
  absl::string_view name;
  absl::StatusOr<Value> (*call)(Runtime& runtime, CallArgs args);
};

// Null when there is none of that name.
const Function* FindFunction(absl::string_view name);

// The function as a value.
Value FunctionValue(const Function& function);

// Whether an error is the template's own word (raise_exception), its message exactly what the
// template said.
bool IsRaisedByTemplate(const absl::Status& status);

// Sets ns.name; INVALID_ARGUMENT for names that begin with an underscore, which transformers
// forbids.
absl::Status SetAttribute(Budget& budget, Namespace& ns, absl::string_view name, Value value);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_FUNCTIONS_H_
