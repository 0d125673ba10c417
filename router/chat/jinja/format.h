// Values as text: Python's str() and repr(), with the provenance of every byte.
#ifndef BATON_ROUTER_CHAT_JINJA_FORMAT_H_
#define BATON_ROUTER_CHAT_JINJA_FORMAT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "router/chat/jinja/budget.h"
#include "router/chat/jinja/text.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

// The shortest digits that read back as `value`, laid out as Python does (1e+16, 0.0001, 5.0, inf,
// nan).
std::string FloatRepr(double value);

// Appends what {{ value }} prints. UNIMPLEMENTED for what Python prints as an address (methods,
// macros, iterators).
absl::Status AppendStr(Budget& budget, const Value& value, TextBuilder* out);
absl::Status AppendRepr(Budget& budget, const Value& value, TextBuilder* out);
absl::StatusOr<Text> Str(Budget& budget, const Value& value);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_FORMAT_H_
