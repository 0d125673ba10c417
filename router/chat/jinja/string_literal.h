// The escapes of Python's string literals.
#ifndef BATON_ROUTER_CHAT_JINJA_STRING_LITERAL_H_
#define BATON_ROUTER_CHAT_JINJA_STRING_LITERAL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace baton {
namespace jinja {

// What the literal between its quotes stands for; unknown escapes stay as they are, as in Python.
// `line` is for errors: INVALID_ARGUMENT for a truncated escape, UNIMPLEMENTED for \N{...} and for
// surrogates.
absl::StatusOr<std::string> UnescapeString(int line, absl::string_view literal);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_STRING_LITERAL_H_
