// Attributes, items and slices, in the order in which Jinja's sandbox looks for them: x.name
// prefers an attribute (a method) to an item of that name, x['name'] the item to the attribute.
// What is not there is undefined, not an error; anything of undefined is an error.
#ifndef BATON_ROUTER_CHAT_JINJA_ACCESS_H_
#define BATON_ROUTER_CHAT_JINJA_ACCESS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "router/chat/jinja/runtime.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

absl::StatusOr<Value> GetAttr(Runtime& runtime, const Value& object, absl::string_view name);
absl::StatusOr<Value> GetItem(Runtime& runtime, const Value& object, const Value& key);
// Each bound must be None or an integer.
struct SliceBounds {
  Value start = Value::None(), stop = Value::None(), step = Value::None();
};
absl::StatusOr<Value> GetSlice(Runtime& runtime, const Value& object, const SliceBounds& bounds);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_ACCESS_H_
