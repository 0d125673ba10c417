// A whole HTTP answer at once, for a caller that may wait.
#ifndef BATON_TESTS_LOAD_BACKEND_HTTP_FETCH_H_
#define BATON_TESTS_LOAD_BACKEND_HTTP_FETCH_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/load/backend/http_client.h"
#include "tests/load/backend/io_loop.h"

namespace baton {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// UNAVAILABLE when there is no complete answer after `timeout`, or one of more than 16 MiB. Not to
// be called on the loop's thread.
absl::StatusOr<HttpAnswer> HttpFetch(IoLoop* loop, HttpClient* client, HttpRequest request,
                                     absl::Duration timeout);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_HTTP_FETCH_H_
