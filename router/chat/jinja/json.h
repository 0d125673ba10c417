// JSON text to values and back: json.loads, and json.dumps as transformers calls it for the filter
// tojson.
#ifndef BATON_ROUTER_CHAT_JINJA_JSON_H_
#define BATON_ROUTER_CHAT_JINJA_JSON_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "router/chat/jinja/budget.h"
#include "router/chat/jinja/text.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

// Objects keep their order. INVALID_ARGUMENT says where the text is no JSON, is nested deeper than
// kMaxValueDepth, holds an integer beyond 64 bits, or is not UTF-8. `trusted` is what every string,
// key and number in it becomes.
absl::StatusOr<Value> ParseJson(Budget& budget, absl::string_view json, bool trusted);

struct JsonStyle {
  bool ensure_ascii = false;
  bool sort_keys = false;
  bool pretty = false;  // one item a line, indented by `indent`
  Text indent;
  Text item_separator = Text(", ", true);
  Text key_separator = Text(": ", true);
};

// Strings keep the provenance of their bytes; brackets, quotes and separators are trusted.
// INVALID_ARGUMENT for a value that JSON has not (undefined above all).
absl::StatusOr<Text> DumpJson(Budget& budget, const Value& value, const JsonStyle& style);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_JSON_H_
