#include "common/error_details.h"

#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/check.h"
#include "google/rpc/error_details.pb.h"

namespace baton {
namespace {

template <typename Message>
std::string TypeUrl() {
  return absl::StrCat(kTypeUrlPrefix, Message::descriptor()->full_name());
}

template <typename Message>
void Attach(const Message& detail, absl::Status* status) {
  BATON_CHECK(!status->ok());
  status->SetPayload(TypeUrl<Message>(), absl::Cord(detail.SerializeAsString()));
}

template <typename Message>
absl::optional<Message> Find(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(TypeUrl<Message>());
  Message detail;
  if (!payload || !detail.ParseFromString(std::string(*payload))) return absl::nullopt;
  return detail;
}

}  // namespace

absl::Status InvalidField(absl::string_view field, absl::string_view description) {
  return InvalidFields({{std::string(field), std::string(description)}});
}

absl::Status InvalidFields(const std::vector<FieldViolation>& violations) {
  BATON_CHECK(!violations.empty());
  google::rpc::BadRequest detail;
  for (const FieldViolation& violation : violations) {
    auto* added = detail.add_field_violations();
    added->set_field(violation.field);
    added->set_description(violation.description);
  }
  absl::Status status = absl::InvalidArgumentError(
      absl::StrJoin(violations, "; ", [](std::string* out, const FieldViolation& violation) {
        absl::StrAppend(out, violation.field, ": ", violation.description);
      }));
  Attach(detail, &status);
  return status;
}

absl::Status WithRetryAfter(absl::Status status, absl::Duration delay) {
  google::rpc::RetryInfo detail;
  absl::Duration rest;
  detail.mutable_retry_delay()->set_seconds(absl::IDivDuration(delay, absl::Seconds(1), &rest));
  detail.mutable_retry_delay()->set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(rest)));
  Attach(detail, &status);
  return status;
}

absl::Status WithReason(absl::Status status, absl::string_view reason,
                        const std::map<std::string, std::string>& metadata) {
  google::rpc::ErrorInfo detail;
  detail.set_reason(std::string(reason));
  detail.set_domain("baton");
  for (const auto& [key, value] : metadata) (*detail.mutable_metadata())[key] = value;
  Attach(detail, &status);
  return status;
}

std::vector<FieldViolation> FieldViolations(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  if (const auto detail = Find<google::rpc::BadRequest>(status)) {
    for (const auto& violation : detail->field_violations()) {
      violations.push_back({violation.field(), violation.description()});
    }
  }
  return violations;
}

absl::optional<absl::Duration> RetryAfter(const absl::Status& status) {
  const auto detail = Find<google::rpc::RetryInfo>(status);
  if (!detail) return absl::nullopt;
  return absl::Seconds(detail->retry_delay().seconds()) +
         absl::Nanoseconds(detail->retry_delay().nanos());
}

absl::optional<std::string> Reason(const absl::Status& status) {
  const auto detail = Find<google::rpc::ErrorInfo>(status);
  if (!detail) return absl::nullopt;
  return detail->reason();
}

}  // namespace baton
