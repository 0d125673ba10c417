// Jinja's tests: what may stand after `is`.
#ifndef BATON_ROUTER_CHAT_JINJA_PREDICATES_H_
#define BATON_ROUTER_CHAT_JINJA_PREDICATES_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "router/chat/jinja/runtime.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

struct Predicate {
  absl::string_view name;
  absl::StatusOr<bool> (*holds)(Runtime& runtime, const Value& input, CallArgs args);
};

// Null when there is none of that name.
const Predicate* FindPredicate(absl::string_view name);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_PREDICATES_H_
