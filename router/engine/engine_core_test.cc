#include "router/engine/engine_core.h"

#include "common/error_details.h"
#include "gtest/gtest.h"
#include "router/engine/recording_sink.h"
#include "router/scheduler/fake_group.h"
#include "router/tokenizer/test_vocabulary.h"

namespace baton {
namespace {

SchedulerOptions GroupOptions() {
  SchedulerOptions o;
  o.num_blocks = 100;
  return o;
}

EpochInfo Epoch(uint64_t number = 1) {
  EpochInfo info;
  info.number = number;
  info.numerics_class = "test";
  info.scheduler = GroupOptions();
  return info;
}

// A group whose tokens are the letters a to z.
struct FakeLink : PlanSink {
  void SendPlan(uint64_t epoch, const StepPlan& plan) override {
    if (epoch != last_epoch) group = std::make_unique<FakeGroup>(GroupOptions(), 26, kLetterA);
    last_epoch = epoch;
    results.push_back(group->Run(plan));
  }
  void OnIndexChanges(const std::vector<IndexChange>& changes) override {
    num_changes += changes.size();
  }
  void OnIndexLost() override { num_changes = 0; }
  StepResult TakeResult() {
    StepResult result = std::move(results.front());
    results.pop_front();
    return result;
  }
  static constexpr int32_t kLetterA = kFirstByteToken + 'a';
  uint64_t last_epoch = 0;
  std::unique_ptr<FakeGroup> group;
  std::deque<StepResult> results;
  size_t num_changes = 0;
};

EngineRequest Request(size_t prompt, uint32_t max_tokens) {
  EngineRequest r;
  r.prompt.assign(prompt, kFirstByteToken + 'p');
  r.stop.max_tokens = max_tokens;
  r.arrival = absl::UnixEpoch();
  return r;
}

class EngineCoreTest : public ::testing::Test {
 protected:
  EngineCoreTest() : core_("g0", Options(), &clock_, &link_) {}
  static EngineOptions Options() {
    EngineOptions o;
    o.admission.max_queue_tokens = 5000;
    return o;
  }
  std::shared_ptr<RecordingSink> Submit(uint64_t id, EngineRequest request) {
    auto sink = std::make_shared<RecordingSink>();
    core_.Submit(id, tokenizer_, std::move(request), sink, {});
    return sink;
  }
  void Step() {
    core_.Turn();
    clock_.Advance(absl::Milliseconds(10));
    if (!link_.results.empty())
      ASSERT_TRUE(core_.OnResult(link_.last_epoch, link_.TakeResult()).ok());
  }
  // Until everything has ended, and no longer than it may take.
  void Drain() {
    for (int i = 0; i < 2000 && !core_.idle(); ++i) Step();
    EXPECT_TRUE(core_.idle());
    EXPECT_EQ(core_.Snapshot().blocks_used, 0u);
    if (link_.group != nullptr) EXPECT_EQ(link_.group->fault(), "");
  }
  // The text of a request run by itself.
  std::string Alone(EngineRequest request) {
    const auto sink = Submit(1000000 + next_alone_++, std::move(request));
    Drain();
    return sink->text();
  }
  VirtualClock clock_;
  FakeLink link_;
  EngineCore core_;
  std::shared_ptr<const Tokenizer> tokenizer_ = *Tokenizer::Create(TestVocabulary());
  uint64_t next_alone_ = 0;
};

TEST_F(EngineCoreTest, StreamsARequestToItsEndAndTimesIt) {
  core_.StartEpoch(Epoch());
  const auto sink = Submit(1, Request(3, 4));
  Drain();
  EXPECT_EQ(sink->log, "started g0;length");
  EXPECT_EQ(sink->text().size(), 4u);
  EXPECT_EQ(sink->finished.output_tokens, 4u);
  EXPECT_EQ(sink->finished.first_token, absl::Milliseconds(10));
  EXPECT_EQ(sink->finished.total, absl::Milliseconds(40));
  EXPECT_TRUE(sink->choices[0].end == absl::nullopt) << "one choice has no end of its own";
}

TEST_F(EngineCoreTest, AStopStringEndsTheSequenceInTheScheduler) {
  core_.StartEpoch(Epoch());
  const std::string whole = Alone(Request(3, 50));
  EngineRequest r = Request(3, 50);
  r.stop.strings = {whole.substr(20, 3)};
  const auto sink = Submit(1, r);
  Drain();
  EXPECT_EQ(sink->log, "started g0;stop");
  EXPECT_EQ(sink->text(), whole.substr(0, whole.find(r.stop.strings[0])));
  EXPECT_EQ(*sink->finished.first.stop_string, r.stop.strings[0]);
  r.stop.include_string = true;
  EXPECT_EQ(Alone(r), whole.substr(0, whole.find(r.stop.strings[0]) + 3));
}

TEST_F(EngineCoreTest, NoStopStringIsLookedForBeforeTheLeastNumberOfTokens) {
  core_.StartEpoch(Epoch());
  const std::string whole = Alone(Request(3, 50));
  EngineRequest r = Request(3, 50);
  r.stop.strings = {whole.substr(5, 2)};
  r.stop.min_tokens = 7;  // both letters are within the first seven
  const std::string later = Alone(r);
  EXPECT_GT(later.size(), 5u);
  r.stop.min_tokens = 6;
  EXPECT_EQ(Alone(r), whole.substr(0, 5));
}

TEST_F(EngineCoreTest, ChoicesAreTheSameTogetherAndDiffer) {
  core_.StartEpoch(Epoch());
  EngineRequest r = Request(40, 12);
  r.n = r.best_of = 4;
  r.sampling.temperature = 1;
  const auto sink = Submit(1, r);
  Drain();
  ASSERT_EQ(sink->choices.size(), 4u);
  for (const auto& [index, choice] : sink->choices) {
    ASSERT_TRUE(choice.end.has_value());
    EXPECT_EQ(choice.end->output_tokens, 12u);
    EXPECT_EQ(choice.text.size(), 12u);
    if (index > 0) EXPECT_NE(choice.text, sink->choices[0].text);
  }
  EXPECT_EQ(sink->finished.output_tokens, 48u);
  EXPECT_EQ(sink->log, "started g0;length");
  // The prompt was computed once; what does not fill a block, by each.
  EXPECT_EQ(link_.group->tokens_computed(), 40u + 3 * 8 + 4 * 11);
  EXPECT_EQ(Alone(Request(40, 12)), sink->choices[0].text) << "choice 0 is what n = 1 gives";
}

TEST_F(EngineCoreTest, TheBestOfSeveralAreToldAtTheEndBestFirst) {
  core_.StartEpoch(Epoch());
  EngineRequest r = Request(5, 30);
  r.n = 2;
  r.best_of = 5;
  r.sampling.temperature = 1;
  r.stop.token_ids = {FakeLink::kLetterA, FakeLink::kLetterA + 1, FakeLink::kLetterA + 2};
  const auto sink = Submit(1, r);
  Step();
  EXPECT_TRUE(sink->choices.empty());
  Drain();
  ASSERT_EQ(sink->choices.size(), 2u);
  const auto mean = [&](uint32_t i) {
    return *sink->choices[i].end->cumulative_logprob / sink->choices[i].end->output_tokens;
  };
  EXPECT_GE(mean(0), mean(1));
  EXPECT_TRUE(sink->choices[0].logprobs.empty()) << "nobody asked for them";
  EXPECT_EQ(sink->finished.first.output_tokens, sink->choices[0].end->output_tokens);
}

TEST_F(EngineCoreTest, EchoAndLogProbabilitiesOfThePromptComeFirst) {
  core_.StartEpoch(Epoch());
  EngineRequest r = Request(70, 5);  // more rows than a step has
  r.echo = true;
  r.num_prompt_logprobs = 0;
  r.n = r.best_of = 2;
  const auto sink = Submit(1, r);
  Drain();
  EXPECT_EQ(sink->log, "started g0;length") << "in order";
  EXPECT_EQ(sink->prompt_tokens, r.prompt);
  EXPECT_EQ(sink->prompt_text, std::string(70, 'p'));
  ASSERT_EQ(sink->prompt_logprobs.size(), 70u);
  EXPECT_EQ(sink->prompt_logprobs[0].logprob, 0);
  EXPECT_EQ(sink->prompt_logprobs[9].logprob, -1.0f) << "told by the row before it";
  EXPECT_EQ(sink->choices[1].text.size(), 5u);
  EngineRequest plain = Request(3, 1);
  plain.echo = true;
  const auto echo = Submit(2, plain);
  Drain();
  EXPECT_EQ(echo->prompt_text, "ppp");
  EXPECT_TRUE(echo->prompt_logprobs.empty());
}

TEST_F(EngineCoreTest, ASlowReaderPausesItsRequestAloneAndIsEndedAfterAWhile) {
  core_.StartEpoch(Epoch());
  const auto slow = Submit(1, Request(3, 500)), quick = Submit(2, Request(3, 100));
  slow->wants_more = false;
  for (int i = 0; i < 20; ++i) Step();
  const size_t tokens = slow->tokens().size();
  EXPECT_LE(tokens, 3u) << "one, and what was under way";
  EXPECT_GE(quick->tokens().size(), 18u);
  slow->wants_more = true;
  core_.Resume(1);
  for (int i = 0; i < 20; ++i) Step();
  EXPECT_GE(slow->tokens().size(), tokens + 15);
  slow->wants_more = false;
  for (int i = 0; i < 200 && slow->ends == 0; ++i) Step();
  EXPECT_EQ(slow->ends, 0);
  EXPECT_LE(core_.NextWake(), clock_.Now() + absl::Seconds(30));
  clock_.Advance(absl::Seconds(30));
  Step();
  EXPECT_EQ(slow->log, "started g0;RESOURCE_EXHAUSTED");
  Drain();
  EXPECT_EQ(quick->log, "started g0;length");
}

TEST_F(EngineCoreTest, RefusesWithoutAGroupAndAnswersAllWhenItIsLost) {
  EXPECT_EQ(Submit(1, Request(3, 4))->log, "UNAVAILABLE");
  core_.StartEpoch(Epoch());
  const auto running = Submit(2, Request(3, 4));
  Step();
  core_.EndEpoch(absl::UnavailableError("rank 1 is gone"));
  EXPECT_EQ(running->log, "started g0;UNAVAILABLE");
  link_.results.clear();
  core_.StartEpoch(Epoch(2));
  const auto again = Submit(3, Request(3, 4));
  Drain();
  EXPECT_EQ(again->log, "started g0;length");
}

TEST_F(EngineCoreTest, ResultsOfAnEarlierEpochAreNotCommitted) {
  core_.StartEpoch(Epoch(1));
  Submit(1, Request(3, 4));
  core_.Turn();
  const StepResult stale = link_.TakeResult();
  core_.EndEpoch(absl::UnavailableError("lost"));
  link_.results.clear();
  core_.StartEpoch(Epoch(2));
  const auto other = Submit(2, Request(3, 4));
  core_.Turn();
  EXPECT_TRUE(core_.OnResult(1, stale).ok());
  EXPECT_EQ(other->tokens().size(), 0u) << "a zombie's token was committed";
  EXPECT_TRUE(core_.OnResult(2, link_.TakeResult()).ok());
  EXPECT_FALSE(core_.OnResult(2, stale).ok());
}

TEST_F(EngineCoreTest, CancelFreesEverythingAtOnce) {
  core_.StartEpoch(Epoch());
  EngineRequest r = Request(3, 40);
  r.n = r.best_of = 3;
  const auto sink = Submit(1, r);
  core_.Turn();
  core_.Cancel(1);
  EXPECT_EQ(sink->log, "started g0;CANCELLED");
  EXPECT_EQ(core_.Snapshot().blocks_used, 0u);
  EXPECT_TRUE(core_.OnResult(1, link_.TakeResult()).ok());
  EXPECT_TRUE(core_.idle());
}

TEST_F(EngineCoreTest, WhatThereIsArrivesBeforeTheDeadline) {
  core_.StartEpoch(Epoch());
  EngineRequest r = Request(3, 400);
  r.deadline = clock_.Now() + absl::Milliseconds(500);
  const auto late = Submit(1, r);
  while (late->ends == 0) Step();
  EXPECT_EQ(late->log, "started g0;deadline");
  EXPECT_LT(clock_.Now(), r.deadline);
  EXPECT_GE(clock_.Now(), r.deadline - absl::Milliseconds(60));
  EXPECT_GT(late->tokens().size(), 40u);
  EXPECT_TRUE(core_.idle());
}

TEST_F(EngineCoreTest, ADeadlineIsKeptThoughNoResultComes) {
  core_.StartEpoch(Epoch());
  EngineRequest r = Request(3, 400);
  r.deadline = clock_.Now() + absl::Milliseconds(500);
  const auto late = Submit(1, r);
  Step();
  for (int i = 0; i < 3; ++i) core_.Turn();  // as many plans as may be in flight
  ASSERT_LE(core_.NextWake(), r.deadline);
  clock_.Advance(core_.NextWake() - clock_.Now());
  core_.Turn();
  EXPECT_EQ(late->log, "started g0;deadline");
}

TEST_F(EngineCoreTest, WhatWasCutOffWithinThePromptIsTold) {
  core_.StartEpoch(Epoch());
  Submit(1, Request(160, 1));  // the prompt is in the cache now
  Drain();
  EngineRequest r = Request(160, 300);
  r.num_prompt_logprobs = 0;  // choice 0 computes it all the same, row by row
  r.n = r.best_of = 2;
  const auto sink = Submit(2, r);
  while (core_.Snapshot().output_tokens < 3) Step();
  ASSERT_LT(sink->prompt_tokens.size(), 160u);
  EXPECT_TRUE(sink->choices.empty()) << "the prompt comes first";
  core_.DrainNow();
  EXPECT_EQ(sink->log, "started g0;drain");
  EXPECT_GT(sink->choices[1].tokens.size(), 1u);
  EXPECT_EQ(sink->choices[1].end->output_tokens, sink->choices[1].tokens.size());
}

TEST_F(EngineCoreTest, ChoicesWithoutATokenAreNotTheBest) {
  EpochInfo info = Epoch();
  info.scheduler.max_running = 2;
  core_.StartEpoch(info);
  EngineRequest r = Request(5, 400);
  r.n = 1;
  r.best_of = 4;
  r.deadline = clock_.Now() + absl::Milliseconds(300);
  const auto sink = Submit(1, r);
  Drain();
  EXPECT_EQ(sink->log, "started g0;deadline");
  EXPECT_GT(sink->choices[0].tokens.size(), 10u);
}

TEST_F(EngineCoreTest, WhatExpiresInTheQueueNeverRuns) {
  EpochInfo info = Epoch();
  info.scheduler.max_running = 1;
  core_.StartEpoch(info);
  const auto first = Submit(1, Request(3, 100));
  Step();
  EngineRequest r = Request(3, 4);
  r.deadline = clock_.Now() + absl::Milliseconds(100);
  const auto late = Submit(2, r);
  EXPECT_LE(core_.NextWake(), r.deadline);
  while (late->ends == 0) Step();
  EXPECT_EQ(late->log, "started g0;DEADLINE_EXCEEDED");
  Drain();
  EXPECT_EQ(link_.group->tokens_computed(), 3u + 99);
}

TEST_F(EngineCoreTest, AFullQueueRefusesAtOnceAndSaysWhenToComeAgain) {
  EpochInfo info = Epoch();
  info.scheduler.max_running = 1;
  core_.StartEpoch(info);
  std::vector<std::shared_ptr<RecordingSink>> sinks;
  for (uint64_t id = 1; id <= 12; ++id) {
    EngineRequest r = Request(100, 400);
    r.arrival = clock_.Now();
    sinks.push_back(Submit(id, r));
    if (id == 1) Step();
  }
  core_.Turn();
  EXPECT_EQ(sinks[10]->log, "started g0;");
  EXPECT_EQ(sinks[11]->log, "RESOURCE_EXHAUSTED");
  EXPECT_EQ(Reason(sinks[11]->error), "QUEUE_FULL");
  EXPECT_TRUE(RetryAfter(sinks[11]->error).has_value());
}

TEST_F(EngineCoreTest, ARequestOfSeveralChoicesIsOneInTheQueue) {
  EngineOptions options;
  options.admission.max_queue_requests = 2;
  EngineCore core("g0", options, &clock_, &link_);
  EpochInfo info = Epoch();
  info.scheduler.max_running = 1;
  core.StartEpoch(info);
  std::vector<std::shared_ptr<RecordingSink>> sinks;
  for (uint64_t id = 0; id < 4; ++id) {
    EngineRequest r = Request(3, 4);
    r.n = r.best_of = id == 0 ? 1 : 5;
    sinks.push_back(std::make_shared<RecordingSink>());
    core.Submit(id, tokenizer_, r, sinks.back(), {});
    core.Turn();
  }
  EXPECT_EQ(sinks[2]->log, "started g0;");
  EXPECT_EQ(Reason(sinks[3]->error), "QUEUE_FULL");
  EXPECT_NE(sinks[3]->error.message().find("2 requests wait"), absl::string_view::npos);
  core.Cancel(1);
  sinks.push_back(std::make_shared<RecordingSink>());
  core.Submit(4, tokenizer_, Request(3, 4), sinks.back(), {});
  EXPECT_EQ(sinks[4]->log, "");
}

TEST_F(EngineCoreTest, SaysWhyThereIsNothingToSampleFrom) {
  core_.StartEpoch(Epoch());
  const auto no_numbers = Submit(1, Request(3, 4)), no_choice = Submit(2, Request(3, 4));
  core_.Turn();
  StepResult result = link_.TakeResult();
  ASSERT_EQ(result.rows.size(), 2u);
  for (RowResult& row : result.rows) row.token.reset();
  result.rows[1].no_choice = true;
  ASSERT_TRUE(core_.OnResult(1, std::move(result)).ok());
  EXPECT_EQ(no_numbers->error.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(no_choice->error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(core_.idle());
}

TEST_F(EngineCoreTest, DrainEndsStreamsThatBeganAndRefusesTheOthers) {
  core_.StartEpoch(Epoch());
  const auto begun = Submit(1, Request(3, 40));
  Step();
  const auto waiting = Submit(2, Request(3, 40));
  core_.DrainNow();
  EXPECT_EQ(begun->log, "started g0;drain");
  EXPECT_EQ(waiting->log, "started g0;UNAVAILABLE");
  EXPECT_TRUE(core_.idle());
}

TEST_F(EngineCoreTest, ARequestIsToldThatItIsAcceptedAfterItsPlanIsSent) {
  core_.StartEpoch(Epoch());
  const auto sink = Submit(1, Request(3, 40));
  EXPECT_EQ(sink->log, "");
  core_.Turn();
  EXPECT_EQ(sink->log, "started g0;");
}

TEST_F(EngineCoreTest, IdleTimeCountsOnlyWhereThereWasWork) {
  core_.StartEpoch(Epoch());
  Submit(1, Request(3, 30));
  for (int i = 0; i < 60; ++i) {
    core_.Turn();
    clock_.Advance(absl::Milliseconds(100));
    if (link_.results.empty()) continue;
    StepResult result = link_.TakeResult();
    result.compute_ns = 3000000;
    result.wait_ns = 1000000;
    result.idle_ns = result.plan_id == 1 ? 5000000000 : 1000000;
    ASSERT_TRUE(core_.OnResult(1, std::move(result)).ok());
  }
  EXPECT_NEAR(core_.Snapshot().idle_share, 0.4, 0.01);
}

}  // namespace
}  // namespace baton
