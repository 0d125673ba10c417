#include "router/scheduler/scheduler.h"

#include "gtest/gtest.h"
#include "router/scheduler/fake_group.h"

namespace baton {
namespace {

using Kind = SchedulerEvent::Kind;

constexpr absl::Time kNow = absl::UnixEpoch();

SequenceRequest Request(SequenceId id, size_t prompt, uint32_t max_tokens) {
  SequenceRequest r;
  r.id = id;
  r.prompt.assign(prompt, static_cast<int32_t>(100 + id));
  r.max_tokens = max_tokens;
  r.arrival = kNow + absl::Milliseconds(id);
  return r;
}

SchedulerOptions Options(int64_t blocks = 100) {
  SchedulerOptions o;
  o.num_blocks = blocks;
  o.block_size = 4;
  o.max_running = 4;
  o.max_step_tokens = 16;
  o.max_step_rows = 4;
  o.max_in_flight = 1;
  return o;
}

// A scheduler and its group, stepped by hand.
class Cluster {
 public:
  explicit Cluster(const SchedulerOptions& options) : s(options), group(options, 2) {}
  // Makes one plan, and sends it.
  StepPlan Plan() {
    StepPlan plan = s.Schedule(now, &events);
    if (!plan.empty()) results.push_back(group.Run(plan));
    return plan;
  }
  // The oldest result comes back.
  void Result() {
    ASSERT_TRUE(s.Update(results.front(), &events).ok());
    results.pop_front();
  }
  StepPlan Step() {
    StepPlan plan = Plan();
    if (!results.empty()) Result();
    return plan;
  }
  int Count(Kind kind, SequenceId id) const {
    int count = 0;
    for (const SchedulerEvent& e : events) count += e.kind == kind && e.id == id;
    return count;
  }
  void Drain() {
    for (int i = 0; i < 1000 && !s.idle(); ++i) Step();
    EXPECT_TRUE(s.idle());
    EXPECT_TRUE(s.Consistent());
    EXPECT_EQ(group.fault(), "");
  }

  Scheduler s;
  FakeGroup group;
  std::deque<StepResult> results;
  std::vector<SchedulerEvent> events;
  absl::Time now = kNow;
};

TEST(Scheduler, DecodesAndChunksShareAStep) {
  Cluster c(Options());
  ASSERT_TRUE(c.s.Add(Request(1, 3, 10)).ok());
  c.Step();
  ASSERT_TRUE(c.s.Add(Request(2, 40, 10)).ok());
  const StepPlan plan = c.Step();
  ASSERT_EQ(plan.work.size(), 2u);
  EXPECT_EQ(plan.work[0].num_tokens, 1u);
  EXPECT_EQ(plan.work[1].num_tokens, 15u);  // the rest of the budget
  EXPECT_EQ(plan.work[1].num_rows, 0u);
  EXPECT_EQ(c.Step().work[1].position, 15u);
  c.Drain();
}

TEST(Scheduler, EndsByStopTokenAndByLength) {
  Cluster c(Options());
  SequenceRequest stops = Request(1, 3, 50);
  stops.stop_token_ids = {0};
  ASSERT_TRUE(c.s.Add(stops).ok());
  ASSERT_TRUE(c.s.Add(Request(2, 3, 5)).ok());
  c.Drain();
  bool finished[3] = {};
  for (const SchedulerEvent& e : c.events) {
    if (e.kind != Kind::kToken) continue;
    EXPECT_FALSE(finished[e.id]) << "a token after the end";
    finished[e.id] = e.finished;
    if (e.finished) EXPECT_EQ(e.stopped_by_token, e.id == 1);
    if (e.id == 1) EXPECT_EQ(e.finished, e.token == 0);
  }
  EXPECT_EQ(c.Count(Kind::kToken, 2), 5);
  EXPECT_TRUE(finished[1] && finished[2]);
}

TEST(Scheduler, RefusesWhatCouldNeverFit) {
  Cluster c(Options(2));
  const absl::Status too_big = c.s.Add(Request(1, 4, 5));
  EXPECT_EQ(too_big.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(too_big.message().find("9 tokens"), absl::string_view::npos);
  EXPECT_TRUE(c.s.Add(Request(2, 4, 4)).ok());
  EXPECT_EQ(c.s.queued_tokens(), 8u);
  c.Drain();
}

TEST(Scheduler, CancelFreesBlocksAtOnceInAnyPhase) {
  Cluster c(Options());
  ASSERT_TRUE(c.s.Add(Request(1, 8, 4)).ok());
  c.Plan();
  EXPECT_EQ(c.s.pool().num_used(), 2);
  EXPECT_TRUE(c.s.Cancel(1));  // while its plan is in flight
  EXPECT_EQ(c.s.pool().num_used(), 0);
  c.events.clear();
  c.Result();
  EXPECT_TRUE(c.events.empty()) << "a cancelled sequence got a token";
  EXPECT_FALSE(c.s.Cancel(1));
  ASSERT_TRUE(c.s.Add(Request(2, 8, 4)).ok());
  EXPECT_TRUE(c.s.Cancel(2));  // while it waits
  ASSERT_TRUE(c.s.Add(Request(3, 8, 4)).ok());
  c.s.Pause(3);
  EXPECT_TRUE(c.s.Cancel(3));  // while it is paused
  EXPECT_TRUE(c.s.Consistent());
}

TEST(Scheduler, WhatExpiresInTheQueueNeverRuns) {
  Cluster c(Options());
  SequenceRequest late = Request(1, 8, 4);
  late.deadline = kNow + absl::Seconds(1);
  ASSERT_TRUE(c.s.Add(late).ok());
  c.now += absl::Seconds(2);
  EXPECT_TRUE(c.Plan().empty());
  ASSERT_EQ(c.events.size(), 1u);
  EXPECT_EQ(c.events[0].kind, Kind::kExpired);
  EXPECT_TRUE(c.s.Consistent());
}

TEST(Scheduler, AcceptsOnlyTheResultOfTheOldestPlanInFlight) {
  SchedulerOptions options = Options();
  options.max_in_flight = 2;
  Cluster c(options);
  ASSERT_TRUE(c.s.Add(Request(1, 3, 3)).ok());
  c.Plan();
  c.Plan();
  const StepResult good = c.results[0], second = c.results[1];
  EXPECT_FALSE(c.s.Update(second, &c.events).ok());
  StepResult bad = good;
  bad.rows[0].position = 1;
  EXPECT_FALSE(c.s.Update(bad, &c.events).ok());
  bad.rows.clear();
  EXPECT_FALSE(c.s.Update(bad, &c.events).ok());
  EXPECT_TRUE(c.s.Update(good, &c.events).ok());
  EXPECT_FALSE(c.s.Update(good, &c.events).ok()) << "a duplicate was committed";
  EXPECT_TRUE(c.s.Update(second, &c.events).ok());
}

TEST(Scheduler, CommitsNoTokenOutsideTheVocabulary) {
  SchedulerOptions options = Options();
  options.vocab_size = 200;
  Cluster c(options);
  SequenceRequest request = Request(1, 3, 4);
  request.num_logprobs = 2;
  ASSERT_TRUE(c.s.Add(request).ok());
  c.Plan();
  const StepResult good = c.results.front();
  const auto update = [&](int32_t token, std::vector<int32_t> top) {
    StepResult result = good;
    result.rows[0].token = token;
    result.rows[0].top_logprobs.resize(top.size());
    result.rows[0].top_tokens = std::move(top);
    return std::string(c.s.Update(result, &c.events).message());
  };
  const std::string end = ", the vocabulary has 200 tokens";
  EXPECT_EQ(update(200, {}), "the result of plan 1 has token 200" + end);
  EXPECT_EQ(update(-1, {}), "the result of plan 1 has token -1" + end);
  EXPECT_EQ(update(0, {199, 200}), "the result of plan 1 has token 200" + end);
  EXPECT_EQ(update(0, {-5, 0}), "the result of plan 1 has token -5" + end);
  EXPECT_EQ(c.Count(Kind::kToken, 1), 0);
  EXPECT_EQ(update(199, {199, 0}), "");
  EXPECT_EQ(c.Count(Kind::kToken, 1), 1);
}

TEST(Scheduler, ARowWithoutATokenFailsItsSequenceAlone) {
  SchedulerOptions options = Options();
  options.max_in_flight = 2;
  Cluster c(options);
  ASSERT_TRUE(c.s.Add(Request(1, 3, 3)).ok());
  ASSERT_TRUE(c.s.Add(Request(2, 3, 3)).ok());
  c.group.FailAfterToken(101);  // the prompt of the first
  c.Drain();
  EXPECT_EQ(c.Count(Kind::kFailed, 1), 1);
  EXPECT_EQ(c.Count(Kind::kToken, 1), 0);
  EXPECT_EQ(c.Count(Kind::kToken, 2), 3);
}

// --- Run-ahead.

TEST(Scheduler, PlansATokenThatIsYetToBeSampled) {
  SchedulerOptions options = Options();
  options.max_in_flight = 2;
  Cluster c(options);
  ASSERT_TRUE(c.s.Add(Request(1, 3, 3)).ok());
  EXPECT_EQ(c.Plan().work[0].num_tokens, 3u);
  const StepPlan ahead = c.Plan();
  ASSERT_EQ(ahead.work.size(), 1u);
  EXPECT_EQ(ahead.work[0].position, 3u);
  EXPECT_FALSE(c.s.CanSchedule());
  c.Result();
  EXPECT_EQ(c.Plan().work[0].position, 4u);
  c.Result();
  EXPECT_TRUE(c.Plan().empty()) << "the third token is the last, and is under way";
  c.Result();
  EXPECT_TRUE(c.s.idle());
  EXPECT_EQ(c.Count(Kind::kToken, 1), 3);
}

TEST(Scheduler, SeesEachTokenFirstWhereThatIsAskedFor) {
  SchedulerOptions options = Options();
  options.max_in_flight = 3;
  Cluster c(options);
  SequenceRequest careful = Request(1, 3, 5);
  careful.run_ahead = 0;
  ASSERT_TRUE(c.s.Add(careful).ok());
  ASSERT_TRUE(c.s.Add(Request(2, 3, 5)).ok());
  EXPECT_EQ(c.Plan().work.size(), 2u);
  EXPECT_EQ(c.Plan().work.size(), 1u);
  c.Drain();
}

TEST(Scheduler, StagesOfAPipelineGetPlansThatDoNotWaitForEachOther) {
  SchedulerOptions options = Options();
  options.num_stages = 2;
  options.max_in_flight = 3;
  Cluster c(options);
  for (SequenceId id = 1; id <= 4; ++id) ASSERT_TRUE(c.s.Add(Request(id, 2, 20)).ok());
  std::vector<StepPlan> plans;
  for (int i = 0; i < 12; ++i) {
    while (c.s.CanSchedule()) plans.push_back(c.Plan());
    c.Result();
  }
  for (size_t i = 4; i < plans.size(); ++i) {
    ASSERT_EQ(plans[i].work.size(), 2u) << "plan " << i;
    for (const PlannedWork& a : plans[i].work) {
      for (const PlannedWork& b : plans[i - 1].work) EXPECT_NE(a.slot, b.slot) << "plan " << i;
    }
  }
  c.Drain();
}

TEST(Scheduler, OneSequenceAloneIsPlannedAheadOverSeveralStages) {
  SchedulerOptions options = Options();
  options.num_stages = 3;
  options.max_in_flight = 4;
  Cluster c(options);
  ASSERT_TRUE(c.s.Add(Request(1, 3, 9)).ok());
  EXPECT_FALSE(c.Plan().empty());
  EXPECT_FALSE(c.Plan().empty());
  c.Drain();
}

// --- Who comes first.

TEST(Scheduler, TheMoreUrgentRunsFirstAndTakesTheSlotOfTheLeast) {
  SchedulerOptions options = Options();
  options.max_running = 1;
  Cluster c(options);
  SequenceRequest plain = Request(1, 4, 8);
  ASSERT_TRUE(c.s.Add(plain).ok());
  c.Step();
  SequenceRequest urgent = Request(2, 4, 2);
  urgent.priority = -1;
  ASSERT_TRUE(c.s.Add(urgent).ok());
  ASSERT_TRUE(c.s.Add(Request(3, 4, 2)).ok());
  c.Drain();
  std::vector<SequenceId> ends;
  for (const SchedulerEvent& e : c.events) {
    if (e.finished) ends.push_back(e.id);
  }
  EXPECT_EQ(ends, (std::vector<SequenceId>{2, 1, 3}));
  EXPECT_EQ(c.s.num_preemptions(), 1u);
  EXPECT_EQ(c.Count(Kind::kToken, 1), 8);
}

TEST(Scheduler, WaitingMakesUpForPriority) {
  const Urgency old(5, kNow, 1);
  EXPECT_LT(old, Urgency(0, kNow + kAgeing * 6, 2));
  EXPECT_LT(Urgency(0, kNow + kAgeing * 4, 2), old);
  EXPECT_LT(Urgency(0, kNow, 1), Urgency(0, kNow, 2));
}

TEST(Scheduler, DecodesLeaveAnEighthOfTheBudgetToPrompts) {
  SchedulerOptions options = Options(1000);
  options.max_running = options.max_step_rows = options.max_step_tokens = 16;
  Cluster c(options);
  for (SequenceId id = 1; id <= 15; ++id) ASSERT_TRUE(c.s.Add(Request(id, 1, 200)).ok());
  c.Step();
  c.Step();
  ASSERT_TRUE(c.s.Add(Request(16, 40, 1)).ok());
  std::vector<int> decodes(16);
  for (int plans = 1; plans <= 20; ++plans) {
    for (const PlannedWork& work : c.Step().work) {
      if (work.num_tokens == 1) ++decodes[work.slot];
    }
    if (c.Count(Kind::kToken, 16) > 0) break;
  }
  EXPECT_EQ(c.Count(Kind::kToken, 16), 1) << "P / (B / 8) plans have to do";
  for (int slot = 0; slot < 15; ++slot) EXPECT_GE(decodes[slot], 9) << slot;
}

TEST(Scheduler, AnUrgentPromptDoesNotWaitForALongOneThatRuns) {
  Cluster c(Options(1000));
  ASSERT_TRUE(c.s.Add(Request(1, 2000, 1)).ok());
  for (int i = 0; i < 3; ++i) c.Step();
  SequenceRequest urgent = Request(2, 20, 1);
  urgent.priority = -100;
  ASSERT_TRUE(c.s.Add(urgent).ok());
  c.Step();
  c.Step();
  EXPECT_EQ(c.Count(Kind::kToken, 2), 1) << "20 tokens are two plans of 16";
  EXPECT_EQ(c.Count(Kind::kToken, 1), 0);
  c.Drain();
}

TEST(Scheduler, LogProbabilitiesOfAPromptLeaveRowsToOthers) {
  SchedulerOptions options = Options(1000);
  options.max_step_rows = 6;
  Cluster c(options);
  SequenceRequest rows = Request(1, 200, 1);
  rows.num_prompt_logprobs = 0;
  ASSERT_TRUE(c.s.Add(rows).ok());
  c.Step();
  for (SequenceId id = 2; id <= 4; ++id) ASSERT_TRUE(c.s.Add(Request(id, 4, 30)).ok());
  for (int i = 0; i < 33; ++i) c.Step();
  for (SequenceId id = 2; id <= 4; ++id) EXPECT_EQ(c.Count(Kind::kToken, id), 30) << id;
  EXPECT_EQ(c.Count(Kind::kPromptToken, 1), 2 * 34);
  c.Drain();
}

// --- Memory.

TEST(Scheduler, TheLeastUrgentGivesItsBlocksBack) {
  SchedulerOptions options = Options(5);
  options.prefix_cache = false;
  Cluster c(options);
  ASSERT_TRUE(c.s.Add(Request(1, 4, 12)).ok());
  ASSERT_TRUE(c.s.Add(Request(2, 4, 12)).ok());
  for (int i = 0; i < 40 && c.s.num_preemptions() == 0; ++i) c.Step();
  EXPECT_EQ(c.s.num_preemptions(), 1u);
  EXPECT_EQ(c.s.num_running(), 1);
  EXPECT_EQ(c.s.num_waiting(), 1);
  c.Drain();
  EXPECT_EQ(c.Count(Kind::kToken, 1), 12);
  EXPECT_EQ(c.Count(Kind::kToken, 2), 12);
  EXPECT_EQ(c.Count(Kind::kStarted, 2), 1) << "it starts once, however often it is run";
}

TEST(Scheduler, NobodyIsStoppedInVain) {
  Cluster c(Options(10));
  ASSERT_TRUE(c.s.Add(Request(1, 16, 8)).ok());  // the most urgent: 6 of 10 blocks
  ASSERT_TRUE(c.s.Add(Request(5, 4, 4)).ok());
  for (int i = 0; i < 3; ++i) c.Step();
  ASSERT_TRUE(c.s.Add(Request(3, 30, 2)).ok());  // 8 blocks: not even all of 5's would do
  c.Step();
  EXPECT_EQ(c.s.num_preemptions(), 0u);
  c.Drain();
}

TEST(Scheduler, NobodyIsStoppedForASlotThatIsOfNoUse) {
  SchedulerOptions options = Options(10);
  options.max_running = 2;
  Cluster c(options);
  ASSERT_TRUE(c.s.Add(Request(1, 32, 4)).ok());  // the most urgent: 9 of 10 blocks
  ASSERT_TRUE(c.s.Add(Request(9, 3, 1)).ok());
  for (int i = 0; i < 2; ++i) c.Step();
  ASSERT_TRUE(c.s.Add(Request(5, 30, 2)).ok());  // both slots are taken, and blocks there are none
  c.Step();
  EXPECT_EQ(c.s.num_preemptions(), 0u);
  c.Drain();
}

TEST(Scheduler, ASampleUnderWayIsNotThrownAwayForABlock) {
  SchedulerOptions options = Options(4);
  options.max_in_flight = 2;
  options.prefix_cache = false;
  Cluster c(options);
  ASSERT_TRUE(c.s.Add(Request(1, 7, 5)).ok());
  ASSERT_TRUE(c.s.Add(Request(2, 7, 5)).ok());
  for (int i = 0; i < 100 && !c.s.idle(); ++i) {
    while (c.s.CanSchedule() && !c.Plan().empty()) {
    }
    if (!c.results.empty()) c.Result();
  }
  EXPECT_TRUE(c.s.idle());
  EXPECT_LE(c.s.num_preemptions(), 2u);
  EXPECT_LE(c.group.tokens_computed(), 2u * 12 + 2 * 9);
}

TEST(Scheduler, APausedSequenceIsNotPlannedAndMayLoseItsBlocks) {
  Cluster c(Options(4));
  ASSERT_TRUE(c.s.Add(Request(2, 4, 8)).ok());
  c.Step();
  c.s.Pause(2);
  EXPECT_TRUE(c.Plan().empty());
  EXPECT_EQ(c.s.pool().num_used(), 1);
  ASSERT_TRUE(c.s.Add(Request(1, 8, 8)).ok());
  for (int i = 0; i < 20; ++i) c.Step();
  EXPECT_EQ(c.Count(Kind::kToken, 1), 8);
  EXPECT_EQ(c.Count(Kind::kToken, 2), 1);
  EXPECT_EQ(c.s.pool().num_used(), 0);
  c.s.Resume(2);
  c.Drain();
  EXPECT_EQ(c.Count(Kind::kToken, 2), 8);
}

// --- The prefix cache.

TEST(Scheduler, ReadsWhatAnotherComputedAndComputesTheLastTokenAlways) {
  Cluster c(Options());
  SequenceRequest first = Request(1, 12, 1), same = Request(2, 12, 1), longer = Request(3, 14, 1);
  same.prompt = first.prompt;
  longer.prompt.assign(14, first.prompt[0]);
  ASSERT_TRUE(c.s.Add(first).ok());
  c.Drain();
  ASSERT_TRUE(c.s.Add(same).ok());
  ASSERT_TRUE(c.s.Add(longer).ok());
  const StepPlan plan = c.Step();
  ASSERT_EQ(plan.starts.size(), 2u);
  EXPECT_EQ(plan.starts[0].num_computed, 8u) << "not all 12: a token has to be computed";
  EXPECT_EQ(plan.starts[1].num_computed, 12u);
  c.Drain();
  for (const SchedulerEvent& e : c.events) {
    if (e.kind == Kind::kStarted) EXPECT_EQ(e.cached_tokens, e.id == 1 ? 0u : e.id == 2 ? 8u : 12u);
  }
}

TEST(Scheduler, WaitsForAPrefixThatIsBeingComputed) {
  Cluster c(Options());
  for (SequenceId id = 1; id <= 4; ++id) {
    SequenceRequest r = Request(id, 26, 1);
    r.prompt.assign(26, 7);
    r.prompt.back() = static_cast<int32_t>(id);
    ASSERT_TRUE(c.s.Add(r).ok());
  }
  c.Drain();
  EXPECT_EQ(c.group.tokens_computed(), 26u + 3 * 2) << "the prefix of 24 once";
}

TEST(Scheduler, SaltsShareNothing) {
  Cluster c(Options());
  for (SequenceId id = 1; id <= 2; ++id) {
    SequenceRequest r = Request(id, 12, 1);
    r.prompt.assign(12, 7);
    r.cache_salt = id == 1 ? "a" : "b";
    ASSERT_TRUE(c.s.Add(r).ok());
  }
  c.Drain();
  EXPECT_EQ(c.group.tokens_computed(), 24u);
}

TEST(Scheduler, LogProbabilitiesOfThePromptAreComputedWhateverIsCached) {
  Cluster c(Options());
  SequenceRequest plain = Request(1, 12, 1), wanted = Request(2, 12, 1);
  wanted.prompt = plain.prompt;
  wanted.num_prompt_logprobs = 0;
  ASSERT_TRUE(c.s.Add(plain).ok());
  c.Drain();
  ASSERT_TRUE(c.s.Add(wanted).ok());
  c.Drain();
  EXPECT_EQ(c.Count(Kind::kPromptToken, 2), 11);
  uint32_t next = 1;
  for (const SchedulerEvent& e : c.events) {
    if (e.kind == Kind::kPromptToken) EXPECT_EQ(e.position, next++);
  }
}

}  // namespace
}  // namespace baton
