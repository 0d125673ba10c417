#include "tests/load/overload/overload_report.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace baton {
namespace {

RequestRecord Complete(absl::Duration end, uint32_t tokens) {
  RequestRecord record;
  record.sent = absl::UnixEpoch();
  record.accepted = record.sent + absl::Milliseconds(1);
  record.chunks = {{5000, tokens}};
  record.end = record.sent + end;
  record.output_tokens = tokens;
  record.outcome = RequestOutcome::kCompleted;
  record.code = "OK";
  record.finish = "length";
  return record;
}

RequestRecord Refused(absl::Duration end) {
  RequestRecord record;
  record.sent = absl::UnixEpoch();
  record.end = record.sent + end;
  record.outcome = RequestOutcome::kRefused;
  record.code = "RESOURCE_EXHAUSTED";
  record.reason = "QUEUE_FULL";
  record.retry_after = absl::Seconds(1);
  return record;
}

TEST(OverloadReport, GoodputCountsOnlyWhatIsCompleteWithinTheDeadline) {
  RequestRecord cut = Complete(absl::Seconds(1), 10);
  cut.outcome = RequestOutcome::kDeadline;
  cut.finish = "deadline";
  RequestRecord lost = Complete(absl::Seconds(1), 10);
  lost.outcome = RequestOutcome::kFailed;
  lost.code = "UNAVAILABLE";
  const OverloadReport r =
      MakeReport({Complete(absl::Seconds(1), 64), Complete(absl::Seconds(2), 64),
                  Complete(absl::Seconds(3), 64), cut, lost, Refused(absl::Milliseconds(2))},
                 {}, absl::Seconds(4), absl::Seconds(2), absl::ZeroDuration());
  EXPECT_EQ(r.offered, 6u);
  EXPECT_EQ(r.offered_per_second, 1.5);
  EXPECT_EQ(r.accepted, 5u);
  EXPECT_EQ(r.in_time, 2u);
  EXPECT_EQ(r.too_late, 2u);
  EXPECT_EQ(r.failed, 1u);
  EXPECT_EQ(r.refused, 1u);
  EXPECT_EQ(r.goodput, 32);
  EXPECT_EQ(r.refusal.max(), 2);
  EXPECT_EQ(r.total.count(), 2u);
  EXPECT_EQ(r.ends.at("RESOURCE_EXHAUSTED QUEUE_FULL"), 1u);
  EXPECT_EQ(r.ends.at("UNAVAILABLE after it was accepted"), 1u);
  EXPECT_FALSE(ToText(r).empty());
  EXPECT_EQ(nlohmann::json::parse(ToJson(r))["goodput"], 32);
}

TEST(OverloadReport, RetriesAreComparedWithWhatWasTold) {
  const auto retry = [](int admitted_ms) {
    return RetryOutcome{"QUEUE_FULL", absl::Milliseconds(100), absl::Milliseconds(admitted_ms)};
  };
  RetryOutcome never = retry(0);
  never.admitted.reset();
  const OverloadReport r = MakeReport({}, {retry(49), retry(50), retry(200), retry(215), never},
                                      absl::Seconds(1), absl::Seconds(1), absl::Milliseconds(20));
  EXPECT_EQ(r.retries.probes, 5u);
  EXPECT_EQ(r.retries.never_admitted, 1u);
  EXPECT_DOUBLE_EQ(r.retries.within_two, 0.4);
  EXPECT_DOUBLE_EQ(r.retries.within_two_polled, 0.6);
  EXPECT_DOUBLE_EQ(r.retries.ratio.max(), 2.15);
}

}  // namespace
}  // namespace baton
