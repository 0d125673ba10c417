#include "common/error_details.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(ErrorDetails, InvalidFieldNamesFieldValueAndLimit) {
  const absl::Status status = InvalidField("sampling.top_p", "1.5 is not in (0, 1]");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "sampling.top_p: 1.5 is not in (0, 1]");
  const auto violations = FieldViolations(status);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "sampling.top_p");
  EXPECT_EQ(violations[0].description, "1.5 is not in (0, 1]");
}

TEST(ErrorDetails, SeveralFields) {
  const absl::Status status = InvalidFields({{"a", "is 1"}, {"b", "is 2"}});
  EXPECT_EQ(status.message(), "a: is 1; b: is 2");
  EXPECT_EQ(FieldViolations(status).size(), 2u);
}

TEST(ErrorDetails, RetryKeepsFractionsOfASecond) {
  const absl::Duration delay = absl::Seconds(2) + absl::Milliseconds(250);
  const absl::Status status = WithRetryAfter(absl::ResourceExhaustedError("queue full"), delay);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(RetryAfter(status), delay);
}

TEST(ErrorDetails, DetailsStandBesideEachOther) {
  absl::Status status = WithReason(absl::UnavailableError("lost"), "GROUP_LOST", {{"group", "g0"}});
  status = WithRetryAfter(std::move(status), absl::Seconds(1));
  EXPECT_EQ(Reason(status), "GROUP_LOST");
  EXPECT_EQ(RetryAfter(status), absl::Seconds(1));
}

TEST(ErrorDetails, AbsentDetailsAreEmpty) {
  const absl::Status status = absl::InternalError("no details");
  EXPECT_TRUE(FieldViolations(status).empty());
  EXPECT_FALSE(RetryAfter(status).has_value());
  EXPECT_FALSE(Reason(status).has_value());
}

}  // namespace
}  // namespace baton
