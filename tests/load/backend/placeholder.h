// The placeholders of a request template: "{prompt}", "{max_tokens}" … See request_template.h.
#ifndef BATON_TESTS_LOAD_BACKEND_PLACEHOLDER_H_
#define BATON_TESTS_LOAD_BACKEND_PLACEHOLDER_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "nlohmann/json.hpp"
#include "tests/load/request/load_request.h"

namespace baton {

struct Placeholder {
  absl::string_view name;  // without braces
  // Unset when the request has no such value.
  absl::optional<nlohmann::json> (*value)(const LoadRequest&);
};

absl::Span<const Placeholder> AllPlaceholders();

// Null for an unknown one.
const Placeholder* FindPlaceholder(absl::string_view name);

// Cuts a string into text, at even places, and names in braces, known or not, at odd ones; text is
// the first and the last. Views into `text`.
std::vector<absl::string_view> CutAtPlaceholders(absl::string_view text);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_PLACEHOLDER_H_
