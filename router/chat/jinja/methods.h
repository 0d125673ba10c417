// The methods of str, list, tuple, dict and the views that Python's sandbox lets a template call.
#ifndef BATON_ROUTER_CHAT_JINJA_METHODS_H_
#define BATON_ROUTER_CHAT_JINJA_METHODS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "router/chat/jinja/runtime.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

struct Method {
  absl::string_view name;
  absl::StatusOr<Value> (*call)(Runtime& runtime, const Value& self, CallArgs args);
};

// The method `name` bound to `object`; None when its type has no such attribute; undefined when it
// would change the object, which the sandbox forbids; UNIMPLEMENTED when Python has the method and
// this interpreter has not.
absl::StatusOr<Value> BindMethod(const Value& object, absl::string_view name);

// Whether any type has a method of that name, callable or forbidden: for checks at load time.
bool IsMethodName(absl::string_view name);

// str.replace, charged for what it makes before it does.
absl::StatusOr<Value> ReplaceText(Budget& budget, const Text& text, const Text& from,
                                  const Text& to, int64_t count);

absl::Span<const Method> StringMethods();
absl::Span<const Method> SequenceMethods();
absl::Span<const Method> DictMethods();

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_METHODS_H_
