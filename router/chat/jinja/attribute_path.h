// What the filters' parameter `attribute` says: "a.b.0" looks up item after item.
#ifndef BATON_ROUTER_CHAT_JINJA_ATTRIBUTE_PATH_H_
#define BATON_ROUTER_CHAT_JINJA_ATTRIBUTE_PATH_H_

#include <vector>

#include "absl/status/statusor.h"
#include "router/chat/jinja/runtime.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

class AttributePath {
 public:
  AttributePath() = default;  // leads to the value itself
  // From a string (its parts between dots; those of digits are indices) or an integer; None is the
  // value itself.
  static absl::StatusOr<AttributePath> Parse(Budget& budget, const Value& attribute);

  // `if_undefined`, unless None, replaces what is undefined at any step.
  absl::StatusOr<Value> Get(Runtime& runtime, Value from,
                            const Value& if_undefined = Value::None()) const;

 private:
  std::vector<Value> parts_;
};

// A string in lower case, for comparisons that ignore case; anything else as it is.
absl::StatusOr<Value> IgnoreCase(Budget& budget, const Value& value);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_ATTRIBUTE_PATH_H_
