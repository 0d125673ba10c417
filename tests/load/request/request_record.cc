#include "tests/load/request/request_record.h"

namespace baton {

absl::string_view RequestOutcomeName(RequestOutcome outcome) {
  switch (outcome) {
    case RequestOutcome::kCompleted:
      return "completed";
    case RequestOutcome::kCancelled:
      return "cancelled";
    case RequestOutcome::kRefused:
      return "refused";
    case RequestOutcome::kDeadline:
      return "deadline";
    case RequestOutcome::kFailed:
      return "failed";
  }
  return "unknown";
}

}  // namespace baton
