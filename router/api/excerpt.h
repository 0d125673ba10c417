// A client's value as it may stand in an error message or a log line.
#ifndef BATON_ROUTER_API_EXCERPT_H_
#define BATON_ROUTER_API_EXCERPT_H_

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace baton {

// `value` in double quotes, escaped to printable ASCII, cut after 64 bytes of it.
inline std::string Excerpt(absl::string_view value) {
  constexpr size_t kMaxBytes = 64;
  return absl::StrCat("\"", absl::CEscape(value.substr(0, kMaxBytes)),
                      value.size() > kMaxBytes ? "...\"" : "\"");
}

}  // namespace baton

#endif  // BATON_ROUTER_API_EXCERPT_H_
