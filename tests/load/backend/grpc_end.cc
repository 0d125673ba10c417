#include "tests/load/backend/grpc_end.h"

#include <string>

#include "absl/status/status.h"
#include "common/error_details.h"
#include "common/status_mapping.h"

namespace baton {

StreamEnd ToStreamEnd(const grpc::Status& grpc_status, bool had_answer) {
  const absl::Status status = FromGrpcStatus(grpc_status);
  StreamEnd end;
  end.code = absl::StatusCodeToString(status.code());
  if (status.ok()) return end;
  end.message = std::string(status.message());
  end.reason = Reason(status).value_or("");
  end.retry_after = RetryAfter(status);
  end.refused = status.code() == absl::StatusCode::kResourceExhausted && !had_answer;
  end.deadline_passed = status.code() == absl::StatusCode::kDeadlineExceeded;
  return end;
}

}  // namespace baton
