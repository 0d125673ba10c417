// TimedServer's script over HTTP, as OpenAI's completions: the same delays and the same record.
#ifndef BATON_TESTS_LOAD_FAKE_TIMED_HTTP_SERVER_H_
#define BATON_TESTS_LOAD_FAKE_TIMED_HTTP_SERVER_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "common/mutex.h"
#include "tests/load/fake/fake_http_server.h"
#include "tests/load/fake/timed_server.h"

namespace baton {

// Takes the delays and the stall from the script, and one token a message. Thread-safe.
class TimedHttpServer {
 public:
  explicit TimedHttpServer(const TimedServerScript& script);

  std::string url() const { return server_.url(); }
  // The requests that have been answered so far.
  std::vector<ServedRequest> served() const;

 private:
  void Answer(const FakeHttpRequest& request, FakeHttpAnswer& answer);
  // When what is due at `at` is written.
  absl::Time Stalled(absl::Time at);

  const TimedServerScript script_;
  mutable Mutex mu_;
  absl::optional<absl::Time> first_request_ ABSL_GUARDED_BY(mu_);
  std::vector<ServedRequest> served_ ABSL_GUARDED_BY(mu_);
  FakeHttpServer server_;  // last: it uses the rest
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_FAKE_TIMED_HTTP_SERVER_H_
