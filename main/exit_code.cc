#include "main/exit_code.h"

namespace baton {

const char kExitCodeHelp[] =
    "Exit codes: 0 done; 1 failed; 2 bad flags; 3 the server does not answer; 4 the server refused "
    "the\n"
    "request; 78 router or worker: it can never work as started; 130 interrupted.";

ExitCode ExitCodeForCall(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kUnavailable:
      return kExitUnavailable;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kResourceExhausted:
      return kExitRefused;
    default:
      return kExitFailure;
  }
}

ExitCode ExitCodeForRole(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kDataLoss:
      return kExitBadConfig;
    default:
      return kExitFailure;
  }
}

}  // namespace baton
