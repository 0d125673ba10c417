// Errors a client can act on: absl::Status whose payloads are the google.rpc details that travel
// with it.
//
// The payloads are keyed by type URL ("type.googleapis.com/google.rpc.BadRequest" and so on) and
// hold the serialized message, so a status can pass through any code that knows only absl::Status;
// common/status_mapping.h puts them on the wire. Nothing here knows gRPC. All functions are
// thread-safe.
#ifndef BATON_COMMON_ERROR_DETAILS_H_
#define BATON_COMMON_ERROR_DETAILS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace baton {

// What every payload's key starts with; a message's full name follows.
constexpr char kTypeUrlPrefix[] = "type.googleapis.com/";

// One wrong field of a request.
struct FieldViolation {
  std::string field;        // its path, for example "sampling.temperature"
  std::string description;  // the value found and the limit
};

// INVALID_ARGUMENT with BadRequest; the message reads "FIELD: DESCRIPTION".
absl::Status InvalidField(absl::string_view field, absl::string_view description);

// The same for several fields; the message joins them. `violations` must not be empty.
absl::Status InvalidFields(const std::vector<FieldViolation>& violations);

// `status` with RetryInfo: try again after `delay`, at the earliest. `status` must not be OK.
absl::Status WithRetryAfter(absl::Status status, absl::Duration delay);

// `status` with ErrorInfo: why it failed, for programs. `reason` is in UPPER_SNAKE_CASE; the domain
// is "baton". `status` must not be OK.
absl::Status WithReason(absl::Status status, absl::string_view reason,
                        const std::map<std::string, std::string>& metadata = {});

// What the functions above put in; empty where the status carries no such detail or one that does
// not parse.
std::vector<FieldViolation> FieldViolations(const absl::Status& status);
absl::optional<absl::Duration> RetryAfter(const absl::Status& status);
absl::optional<std::string> Reason(const absl::Status& status);

}  // namespace baton

#endif  // BATON_COMMON_ERROR_DETAILS_H_
