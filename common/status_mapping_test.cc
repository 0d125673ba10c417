#include "common/status_mapping.h"

#include <string>

#include "absl/strings/cord.h"
#include "common/error_details.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(StatusMapping, EveryCodeSurvivesTheRoundTrip) {
  for (int code = 0; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), code == 0 ? "" : "why");
    const grpc::Status sent = ToGrpcStatus(status);
    EXPECT_EQ(static_cast<int>(sent.error_code()), code);
    EXPECT_EQ(FromGrpcStatus(sent), status);
  }
}

TEST(StatusMapping, DetailsSurviveTheRoundTrip) {
  absl::Status status = InvalidField("text", "is empty");
  status = WithRetryAfter(status, absl::Milliseconds(1500));
  status = WithReason(status, "EMPTY_PROMPT", {{"limit", "1"}});
  EXPECT_EQ(FromGrpcStatus(ToGrpcStatus(status)), status);
}

TEST(StatusMapping, DetailsAreAStandardStatusMessage) {
  const grpc::Status sent = ToGrpcStatus(InvalidField("text", "is empty"));
  google::rpc::Status rich;
  ASSERT_TRUE(rich.ParseFromString(sent.error_details()));
  EXPECT_EQ(rich.code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(rich.message(), sent.error_message());
  google::rpc::BadRequest bad_request;
  ASSERT_EQ(rich.details_size(), 1);
  ASSERT_TRUE(rich.details(0).UnpackTo(&bad_request));
  EXPECT_EQ(bad_request.field_violations(0).field(), "text");
}

TEST(StatusMapping, ForeignPayloadsStayHome) {
  absl::Status status = absl::InternalError("why");
  status.SetPayload("baton/private", absl::Cord("secret"));
  EXPECT_EQ(ToGrpcStatus(status).error_details(), "");
}

TEST(StatusMapping, LongMessagesAreCutBetweenCharacters) {
  std::string message;
  for (int i = 0; i < 2000; ++i) message += "\u20ac";  // three bytes each
  const grpc::Status sent = ToGrpcStatus(absl::InternalError(message));
  EXPECT_LE(sent.error_message().size(), static_cast<size_t>(kMaxStatusMessageBytes));
  const std::string kept = sent.error_message().substr(0, sent.error_message().size() - 3);
  EXPECT_EQ(kept.size() % 3, 0u);
  EXPECT_EQ(message.substr(0, kept.size()), kept);
}

TEST(StatusMapping, DetailsTooLargeForTrailersAreLeftOut) {
  const absl::Status status =
      WithRetryAfter(InvalidField("f", std::string(10000, 'x')), absl::Seconds(1));
  const grpc::Status sent = ToGrpcStatus(status);
  EXPECT_LE(sent.error_details().size(), static_cast<size_t>(kMaxStatusDetailsBytes));
}

TEST(StatusMapping, GarbageDetailsAreIgnored) {
  const grpc::Status received(grpc::StatusCode::INTERNAL, "why", "\xff\xff garbage");
  EXPECT_EQ(FromGrpcStatus(received), absl::InternalError("why"));
}

}  // namespace
}  // namespace baton
