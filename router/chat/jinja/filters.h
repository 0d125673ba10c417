// Jinja's filters. A filter is a pure function of its input and arguments.
#ifndef BATON_ROUTER_CHAT_JINJA_FILTERS_H_
#define BATON_ROUTER_CHAT_JINJA_FILTERS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "router/chat/jinja/runtime.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

struct Filter {
  absl::string_view name;
  absl::StatusOr<Value> (*apply)(Runtime& runtime, const Value& input, CallArgs args);
};

// Null when there is none of that name.
const Filter* FindFilter(absl::string_view name);

// The tables FindFilter searches, by file.
absl::Span<const Filter> StringFilters();
absl::Span<const Filter> NumberFilters();
absl::Span<const Filter> SequenceFilters();
absl::Span<const Filter> SelectFilters();

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_FILTERS_H_
