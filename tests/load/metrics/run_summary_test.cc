#include "tests/load/metrics/run_summary.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/load/metrics/verdict.h"

namespace baton {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(5000);

// Due at `due_ms`, sent at `sent_ms`, its chunks at milliseconds since it was sent.
RequestRecord Record(int due_ms, int sent_ms, std::vector<std::pair<int, uint32_t>> chunks) {
  RequestRecord record;
  record.scheduled = kStart + absl::Milliseconds(due_ms);
  record.sent = kStart + absl::Milliseconds(sent_ms);
  record.prompt_tokens = 10;
  record.outcome = RequestOutcome::kCompleted;
  record.code = "OK";
  for (const auto& [at_ms, tokens] : chunks) {
    record.chunks.push_back({static_cast<uint32_t>(at_ms) * 1000, tokens});
    record.output_tokens += tokens;
  }
  record.end = record.sent + absl::Milliseconds(chunks.empty() ? 1 : chunks.back().first + 1);
  return record;
}

LoadRunResult MakeRun(std::vector<RequestRecord> records, int end_ms = 10000) {
  LoadRunResult run;
  run.start = kStart;
  run.end = kStart + absl::Milliseconds(end_ms);
  run.open_loop = true;
  run.records = std::move(records);
  return run;
}

TEST(RunSummaryTest, LatenciesCountFromSendingAndFromSchedule) {
  const RunSummary s =
      Summarise(MakeRun({Record(0, 300, {{100, 1}, {150, 1}, {250, 2}})}), Objectives());
  EXPECT_DOUBLE_EQ(s.ttft.mean(), 100);
  EXPECT_DOUBLE_EQ(s.ttft_from_schedule.mean(), 400);
  EXPECT_DOUBLE_EQ(s.e2el.mean(), 250);
  EXPECT_DOUBLE_EQ(s.e2el_from_schedule.mean(), 550);
  EXPECT_DOUBLE_EQ(s.tpot.mean(), 50);  // 150 ms for the three tokens after the first
  EXPECT_EQ(s.gaps.ict.count(), 2u);
  EXPECT_EQ(s.gaps.itl.count(), 3u);  // 50, and 100 as twice 50
  EXPECT_DOUBLE_EQ(s.gaps.itl.max(), 50);
  EXPECT_DOUBLE_EQ(s.gaps.ict.max(), 100);
}

TEST(RunSummaryTest, AChunksGapIsSharedOutWhole) {
  const RunSummary s = Summarise(MakeRun({Record(0, 0, {{1, 1}, {2, 3}})}), Objectives());
  EXPECT_EQ(s.gaps.itl.count(), 3u);  // 334, 333 and 333 us
  EXPECT_DOUBLE_EQ(s.gaps.itl.mean() * 3, 1);
}

TEST(RunSummaryTest, OnlyWhatCompletedHasLatencies) {
  RequestRecord failed = Record(0, 0, {{100, 1}, {5000, 7}});
  failed.outcome = RequestOutcome::kFailed;
  failed.code = "UNAVAILABLE";
  RequestRecord refused = Record(0, 0, {});
  refused.outcome = RequestOutcome::kRefused;
  refused.code = "RESOURCE_EXHAUSTED";
  refused.reason = "QUEUE_FULL";
  refused.retry_after = absl::Seconds(2);
  const RunSummary s =
      Summarise(MakeRun({failed, refused, Record(0, 0, {{10, 1}, {20, 1}})}), Objectives());
  EXPECT_EQ(s.completed, 1u);
  EXPECT_EQ(s.failed, 1u);
  EXPECT_EQ(s.refused, 1u);
  EXPECT_EQ(s.ttft.count(), 1u);
  EXPECT_EQ(s.output_tokens, 2u);
  EXPECT_EQ(s.all_output_tokens, 10u);
  EXPECT_EQ(s.input_tokens, 10u);
  EXPECT_DOUBLE_EQ(s.refusal.mean(), 1);
  EXPECT_DOUBLE_EQ(s.retry_after.mean(), 2000);
  EXPECT_EQ(s.ends.at("RESOURCE_EXHAUSTED QUEUE_FULL"), 1u);
  EXPECT_EQ(s.ends.at("UNAVAILABLE"), 1u);
}

// 400 ms after sending, but 900 ms after it was due.
TEST(RunSummaryTest, GoodputCountsFromSchedule) {
  Objectives objectives;
  objectives.ttft = absl::Milliseconds(500);
  const LoadRunResult run = MakeRun({Record(0, 500, {{400, 1}}), Record(0, 100, {{400, 1}})});
  EXPECT_EQ(Summarise(run, objectives).good, 1u);
  EXPECT_EQ(Summarise(run, objectives).good_from_sending, 2u);  // vLLM's
  objectives.ttft.reset();
  objectives.tpot = absl::Milliseconds(1);
  EXPECT_EQ(Summarise(run, objectives).good, 2u);  // one token has no time per token
  objectives.e2el = absl::Milliseconds(900);
  EXPECT_EQ(Summarise(run, objectives).good, 2u);
  objectives.e2el = absl::Milliseconds(899);
  EXPECT_EQ(Summarise(run, objectives).good, 1u);
}

// From the first completion (at 1,001 ms) to the last sending (at 5,000 ms).
TEST(RunSummaryTest, SteadyStateLeavesOutBothEnds) {
  const RunSummary s =
      Summarise(MakeRun({Record(0, 0, {{500, 5}, {1000, 5}}),
                         Record(0, 1000, {{1000, 8}, {2000, 8}}), Record(0, 5000, {{1000, 100}})},
                        6001),
                Objectives());
  ASSERT_TRUE(s.steady);
  EXPECT_EQ(s.steady->from, absl::Milliseconds(1001));
  EXPECT_EQ(s.steady->to, absl::Milliseconds(5000));
  EXPECT_NEAR(s.steady->output_tokens, 16 / 3.999, 1e-9);
  EXPECT_NEAR(s.steady->requests, 1 / 3.999, 1e-9);
  EXPECT_NEAR(s.steady->all_tokens, 26 / 3.999, 1e-9);
}

TEST(RunSummaryTest, WithoutAWindowThereIsNoSteadyState) {
  EXPECT_FALSE(Summarise(MakeRun({Record(0, 0, {{1000, 5}})}), Objectives()).steady);
  EXPECT_FALSE(Summarise(MakeRun({}), Objectives()).steady);
}

TEST(RunSummaryTest, TheTimelineHasEveryTokenAndTheMostAtOnce) {
  const LoadRunResult run =
      MakeRun({Record(0, 0, {{50, 1}, {950, 2}}), Record(0, 100, {{50, 4}, {1900, 8}})}, 2001);
  const Timeline& t = Summarise(run, Objectives()).timeline;
  EXPECT_EQ(t.interval, absl::Milliseconds(100));
  uint64_t tokens = 0;
  for (const uint64_t n : t.output_tokens) tokens += n;
  EXPECT_EQ(tokens, 15u);
  EXPECT_EQ(t.output_tokens[0], 1u);
  EXPECT_EQ(t.output_tokens[1], 4u);
  EXPECT_EQ(t.running[0], 1u);
  EXPECT_EQ(t.running[5], 2u);   // nothing happens, and both run on
  EXPECT_EQ(t.running[15], 1u);  // the first has ended
  EXPECT_EQ(PeakConcurrency(run.records), 2u);
}

TEST(VerdictTest, AToolThatIsLateMeasuresNothing) {
  LoadRunResult run = MakeRun({Record(0, 0, {{50, 1}})});
  run.lag.cpus_allowed = 2;
  run.lag.send_us.assign(100, 200);
  run.lag.timer_us.assign(100, 200);
  EXPECT_TRUE(WhyInvalid(run, Summarise(run, {}), true).empty());
  run.lag.send_us.assign(100, 1200);
  ASSERT_EQ(WhyInvalid(run, Summarise(run, {}), true).size(), 1u);
  EXPECT_NE(WhyInvalid(run, Summarise(run, {}), true)[0].find("1.20 ms late"), std::string::npos);
  EXPECT_TRUE(WhyInvalid(run, Summarise(run, {}), false).empty());
  run.lag.timer_us.assign(100, 5000);
  EXPECT_EQ(WhyInvalid(run, Summarise(run, {}), true).size(), 2u);
}

// 1 % of the median time to the first token, where that is more than a millisecond.
TEST(VerdictTest, TheLimitGrowsWithWhatIsMeasured) {
  LoadRunResult run = MakeRun({Record(0, 0, {{500, 1}})});
  run.lag.cpus_allowed = 2;
  run.lag.send_us.assign(100, 4900);
  EXPECT_TRUE(WhyInvalid(run, Summarise(run, {}), true).empty());
  run.lag.send_us.assign(100, 5100);
  EXPECT_EQ(WhyInvalid(run, Summarise(run, {}), true).size(), 1u);
}

TEST(VerdictTest, AToolWithoutCpuMeasuresItself) {
  LoadRunResult run = MakeRun({Record(0, 0, {{500, 1}})});
  run.open_loop = false;
  run.lag.cpus_allowed = 1;
  run.lag.cpus_used = 0.95;
  EXPECT_EQ(WhyInvalid(run, Summarise(run, {}), false).size(), 1u);
  // One thread of many CPUs is enough: whoever reads the answers has no time left.
  run.lag.cpus_allowed = 16;
  EXPECT_TRUE(WhyInvalid(run, Summarise(run, {}), false).empty());
  run.lag.busiest_thread = 0.95;
  EXPECT_EQ(WhyInvalid(run, Summarise(run, {}), false).size(), 1u);
}

}  // namespace
}  // namespace baton
