// The address of an HTTP server, and headers, as people write them. Pure.
#ifndef BATON_TESTS_LOAD_BACKEND_HTTP_URL_H_
#define BATON_TESTS_LOAD_BACKEND_HTTP_URL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace baton {

struct HttpBaseUrl {
  std::string url;        // without a slash at the end, so that a path can follow
  bool loopback = false;  // it is this machine: localhost, 127.0.0.0/8 or ::1
};

// INVALID_ARGUMENT for all but "http://host:port" and "https://host:port", after which a path may
// follow; the port may be left out.
absl::StatusOr<HttpBaseUrl> ParseHttpBaseUrl(absl::string_view url);

// "Name: value" of "Name=value", as curl takes it. INVALID_ARGUMENT if there is no '=', the name is
// empty or holds what no header's name can, or a line would end in it.
absl::StatusOr<std::string> ParseHttpHeader(absl::string_view name_and_value);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_HTTP_URL_H_
