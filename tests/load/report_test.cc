#include "tests/load/report.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace baton {
namespace {

Outcome Complete(absl::Duration end, uint32_t tokens) {
  Outcome o;
  o.started = absl::Milliseconds(1);
  o.first_token = absl::Milliseconds(5);
  o.end = end;
  o.tokens = tokens;
  o.complete = true;
  o.finish = "LENGTH";
  return o;
}

Outcome Refused(absl::Duration end) {
  Outcome o;
  o.end = end;
  o.code = absl::StatusCode::kResourceExhausted;
  o.reason = "QUEUE_FULL";
  o.retry_after = absl::Seconds(1);
  return o;
}

TEST(Quantile, IsTheNearestRank) {
  EXPECT_EQ(Quantile({}, 0.5), 0);
  EXPECT_EQ(Quantile({3, 1, 2}, 0.5), 2);
  EXPECT_EQ(Quantile({1, 2, 3, 4}, 0.5), 2);
  EXPECT_EQ(Quantile({1, 2, 3, 4}, 0.99), 4);
  EXPECT_EQ(Quantile({1, 2}, 0), 1);
}

TEST(Report, GoodputCountsOnlyWhatIsCompleteWithinTheDeadline) {
  Outcome cut = Complete(absl::Seconds(1), 10);
  cut.complete = false;
  cut.finish = "DEADLINE";
  Outcome lost = Complete(absl::Seconds(1), 10);
  lost.complete = false;
  lost.code = absl::StatusCode::kUnavailable;
  const LoadReport r =
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
  EXPECT_EQ(r.refusal_ms.max, 2);
  EXPECT_EQ(r.total_ms.count, 2u);
  EXPECT_EQ(r.ends.at("RESOURCE_EXHAUSTED QUEUE_FULL"), 1u);
  EXPECT_EQ(r.ends.at("UNAVAILABLE after it was accepted"), 1u);
  EXPECT_FALSE(ToText(r).empty());
  EXPECT_EQ(nlohmann::json::parse(ToJson(r))["goodput"], 32);
}

TEST(Report, RetriesAreComparedWithWhatWasTold) {
  const auto retry = [](int admitted_ms) {
    return RetryOutcome{"QUEUE_FULL", absl::Milliseconds(100), absl::Milliseconds(admitted_ms)};
  };
  RetryOutcome never = retry(0);
  never.admitted.reset();
  const LoadReport r = MakeReport({}, {retry(49), retry(50), retry(200), retry(215), never},
                                  absl::Seconds(1), absl::Seconds(1), absl::Milliseconds(20));
  EXPECT_EQ(r.retries.probes, 5u);
  EXPECT_EQ(r.retries.never_admitted, 1u);
  EXPECT_DOUBLE_EQ(r.retries.within_two, 0.4);
  EXPECT_DOUBLE_EQ(r.retries.within_two_polled, 0.6);
  EXPECT_DOUBLE_EQ(r.retries.ratio.max, 2.15);
}

}  // namespace
}  // namespace baton
