// What a load client saw of one request.
#ifndef BATON_TESTS_LOAD_OUTCOME_H_
#define BATON_TESTS_LOAD_OUTCOME_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace baton {

// Times count from the moment at which the request was to be sent, whenever it was: a client, or a
// server, that falls behind makes them longer and not fewer.
struct Outcome {
  absl::Duration scheduled;                // since the load began
  absl::Duration late;                     // by how much it was sent later
  absl::optional<absl::Duration> started;  // accepted: until the server said so
  absl::optional<absl::Duration> first_token;
  absl::Duration end;
  uint32_t tokens = 0;
  bool complete = false;  // ended well, with all the tokens asked for
  std::string finish;     // the finish reason's name, "" if there was none
  absl::StatusCode code = absl::StatusCode::kOk;
  std::string reason;  // of google.rpc.ErrorInfo, or ""
  absl::optional<absl::Duration> retry_after;

  // Turned away before it was queued.
  bool refused() const {
    return !started.has_value() && code == absl::StatusCode::kResourceExhausted;
  }
};

// One refused request that was tried again until it was let in.
struct RetryOutcome {
  std::string reason;
  absl::Duration told;                      // the first refusal's RetryInfo
  absl::optional<absl::Duration> admitted;  // since the first refusal; unset: never
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_OUTCOME_H_
