#include "router/scheduler/scheduler.h"

#include <random>
#include <set>

#include "gtest/gtest.h"

namespace baton {
namespace {

using Kind = SchedulerEvent::Kind;

SequenceRequest Request(SequenceId id, size_t prompt, uint32_t max_tokens) {
  SequenceRequest r;
  r.id = id;
  r.prompt.assign(prompt, 7);
  r.max_tokens = max_tokens;
  return r;
}

SchedulerOptions Options(int64_t blocks = 100) {
  SchedulerOptions o;
  o.num_blocks = blocks;
  o.block_size = 4;
  o.max_running = 4;
  o.max_step_tokens = 16;
  o.max_step_rows = 4;
  return o;
}

// An honest fake of a group: it keeps slots as a worker does and refuses what a worker would
// refuse. The next token of a journal is a pure function of it.
class FakeGroup {
 public:
  explicit FakeGroup(const SchedulerOptions& options) : options_(options) {}

  static int32_t NextToken(const std::vector<int32_t>& journal) {
    uint32_t h = 17;
    for (int32_t t : journal) h = h * 31 + static_cast<uint32_t>(t);
    return static_cast<int32_t>(h % 2);
  }

  StepResult Run(const StepPlan& plan) {
    StepResult result;
    result.plan_id = plan.plan_id;
    for (uint32_t slot : plan.ended_slots) EXPECT_EQ(slots_.erase(slot), 1u);
    for (const PlannedStart& s : plan.starts) {
      EXPECT_TRUE(slots_.emplace(s.slot, Slot{s.tokens, s.blocks, s.num_computed}).second);
      EXPECT_LT(s.slot, options_.max_running);
    }
    for (const PlannedGrow& g : plan.grows) {
      auto& blocks = slots_.at(g.slot).blocks;
      blocks.insert(blocks.end(), g.blocks.begin(), g.blocks.end());
    }
    std::set<int32_t> held;
    size_t num_held = 0;
    for (const auto& [slot, s] : slots_) {
      held.insert(s.blocks.begin(), s.blocks.end());
      num_held += s.blocks.size();
    }
    EXPECT_EQ(held.size(), num_held) << "a block is held twice";
    uint32_t tokens = 0;
    for (const PlannedWork& w : plan.work) {
      Slot& s = slots_.at(w.slot);
      EXPECT_EQ(w.position, s.computed);
      s.computed += w.num_tokens;
      tokens += w.num_tokens;
      EXPECT_LE(s.computed, s.tokens.size());
      EXPECT_LE(s.computed, s.blocks.size() * options_.block_size);
      for (const PlannedRow& row : w.rows) {
        RowResult r;
        r.slot = w.slot;
        r.position = row.position;
        r.token = NextToken(s.tokens);
        s.tokens.push_back(*r.token);
        result.rows.push_back(r);
      }
    }
    EXPECT_LE(tokens, options_.max_step_tokens);
    return result;
  }

 private:
  struct Slot {
    std::vector<int32_t> tokens;
    std::vector<int32_t> blocks;
    uint32_t computed;
  };
  const SchedulerOptions options_;
  std::map<uint32_t, Slot> slots_;
};

TEST(Scheduler, DecodesAndChunksShareAStep) {
  Scheduler s(Options());
  FakeGroup group(Options());
  std::vector<SchedulerEvent> events;
  ASSERT_TRUE(s.Add(Request(1, 3, 10)).ok());
  EXPECT_TRUE(s.Update(group.Run(s.Schedule(absl::UnixEpoch(), &events)), &events).ok());
  ASSERT_TRUE(s.Add(Request(2, 40, 10)).ok());
  const StepPlan plan = s.Schedule(absl::UnixEpoch(), &events);
  ASSERT_EQ(plan.work.size(), 2u);
  EXPECT_EQ(plan.work[0].num_tokens, 1u);
  EXPECT_EQ(plan.work[1].num_tokens, 15u);  // the rest of the budget
  EXPECT_TRUE(plan.work[1].rows.empty());
  EXPECT_TRUE(s.Update(group.Run(plan), &events).ok());
  EXPECT_EQ(s.Schedule(absl::UnixEpoch(), &events).work[1].position, 15u);
}

TEST(Scheduler, EndsByStopTokenAndByLength) {
  Scheduler s(Options());
  FakeGroup group(Options());
  std::vector<SchedulerEvent> events;
  SequenceRequest stops = Request(1, 3, 50);
  stops.stop_token_ids = {0};
  ASSERT_TRUE(s.Add(stops).ok());
  ASSERT_TRUE(s.Add(Request(2, 3, 5)).ok());
  for (int i = 0; i < 60 && !s.idle(); ++i) {
    ASSERT_TRUE(s.Update(group.Run(s.Schedule(absl::UnixEpoch(), &events)), &events).ok());
  }
  EXPECT_TRUE(s.idle());
  int count[3] = {};
  bool finished[3] = {};
  for (const SchedulerEvent& e : events) {
    if (e.kind != Kind::kToken) continue;
    ++count[e.id];
    EXPECT_FALSE(finished[e.id]) << "a token after the end";
    finished[e.id] = e.finished;
    if (e.finished) EXPECT_EQ(e.stopped_by_token, e.id == 1);
    if (e.id == 1) EXPECT_EQ(e.finished, e.token == 0);
  }
  EXPECT_EQ(count[2], 5);
  EXPECT_TRUE(finished[1] && finished[2]);
  EXPECT_EQ(s.blocks_used(), 0);
}

TEST(Scheduler, RefusesWhatCannotFitAndWhatTheQueueCannotHold) {
  SchedulerOptions o = Options(2);
  o.max_queue_requests = 2;
  o.max_queue_tokens = 12;
  Scheduler s(o);
  const absl::Status too_big = s.Add(Request(1, 4, 5));
  EXPECT_EQ(too_big.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(too_big.message().find("9 tokens"), absl::string_view::npos);
  EXPECT_TRUE(s.Add(Request(2, 4, 4)).ok());
  EXPECT_EQ(s.Add(Request(3, 4, 4)).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(s.Add(Request(4, 1, 1)).ok());
  EXPECT_EQ(s.Add(Request(5, 1, 1)).code(), absl::StatusCode::kResourceExhausted);
}

TEST(Scheduler, CancelFreesBlocksAtOnceInAnyPhase) {
  Scheduler s(Options());
  FakeGroup group(Options());
  std::vector<SchedulerEvent> events;
  ASSERT_TRUE(s.Add(Request(1, 8, 4)).ok());
  const StepPlan plan = s.Schedule(absl::UnixEpoch(), &events);
  EXPECT_EQ(s.blocks_used(), 2);
  EXPECT_TRUE(s.Cancel(1));  // while its plan is in flight
  EXPECT_EQ(s.blocks_used(), 0);
  events.clear();
  EXPECT_TRUE(s.Update(group.Run(plan), &events).ok());
  EXPECT_TRUE(events.empty()) << "a cancelled sequence got a token";
  EXPECT_FALSE(s.Cancel(1));
  ASSERT_TRUE(s.Add(Request(2, 8, 4)).ok());
  EXPECT_TRUE(s.Cancel(2));  // while it waits
  EXPECT_TRUE(s.idle());
}

TEST(Scheduler, WhatExpiresInTheQueueNeverRuns) {
  Scheduler s(Options());
  SequenceRequest late = Request(1, 8, 4);
  late.deadline = absl::UnixEpoch() + absl::Seconds(1);
  ASSERT_TRUE(s.Add(late).ok());
  std::vector<SchedulerEvent> events;
  EXPECT_TRUE(s.Schedule(absl::UnixEpoch() + absl::Seconds(2), &events).empty());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, Kind::kExpired);
}

TEST(Scheduler, AcceptsOnlyTheResultOfThePlanInFlight) {
  Scheduler s(Options());
  FakeGroup group(Options());
  std::vector<SchedulerEvent> events;
  ASSERT_TRUE(s.Add(Request(1, 3, 3)).ok());
  const StepResult good = group.Run(s.Schedule(absl::UnixEpoch(), &events));
  StepResult bad = good;
  bad.plan_id = 2;
  EXPECT_FALSE(s.Update(bad, &events).ok());
  bad = good;
  bad.rows[0].position = 1;
  EXPECT_FALSE(s.Update(bad, &events).ok());
  bad.rows.clear();
  EXPECT_FALSE(s.Update(bad, &events).ok());
  EXPECT_TRUE(s.Update(good, &events).ok());
  EXPECT_FALSE(s.Update(good, &events).ok()) << "a duplicate was committed";
}

TEST(Scheduler, ARowWithoutATokenFailsItsSequenceAlone) {
  Scheduler s(Options());
  FakeGroup group(Options());
  std::vector<SchedulerEvent> events;
  ASSERT_TRUE(s.Add(Request(1, 3, 3)).ok());
  ASSERT_TRUE(s.Add(Request(2, 3, 3)).ok());
  StepResult result = group.Run(s.Schedule(absl::UnixEpoch(), &events));
  result.rows[0].token.reset();
  events.clear();
  ASSERT_TRUE(s.Update(result, &events).ok());
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind, Kind::kFailed);
  EXPECT_EQ(events[1].kind, Kind::kToken);
  EXPECT_EQ(s.num_running(), 1);
}

// A tiny pool, two tokens: everything is pre-empted all the time, and yet every sequence gets
// exactly the tokens it would have had alone.
TEST(Scheduler, SoakKeepsEveryInvariant) {
  std::mt19937_64 rng(3);
  const SchedulerOptions options = Options(6);
  Scheduler s(options);
  FakeGroup group(options);
  std::map<SequenceId, std::pair<SequenceRequest, std::vector<int32_t>>> live;
  SequenceId next = 1;
  absl::Time now = absl::UnixEpoch();
  uint64_t finished = 0;
  for (int step = 0; step < 100000; ++step) {
    now += absl::Milliseconds(1);
    std::vector<SchedulerEvent> events;
    if (rng() % 3 == 0 && live.size() < 12) {
      SequenceRequest r = Request(next, 1 + rng() % 10, 1 + rng() % 12);
      for (int32_t& t : r.prompt) t = static_cast<int32_t>(rng() % 2);
      if (rng() % 20 == 0) r.deadline = now + absl::Milliseconds(5);
      if (s.Add(r).ok()) live[next++] = {r, r.prompt};
    }
    StepPlan plan = s.Schedule(now, &events);
    if (rng() % 30 == 0 && !live.empty()) {
      const SequenceId id = std::next(live.begin(), rng() % live.size())->first;
      bool gone = false;
      for (const SchedulerEvent& e : events)
        gone = gone || (e.id == id && e.kind == Kind::kExpired);
      if (!gone) {
        EXPECT_TRUE(s.Cancel(id));
        live.erase(id);
      }
    }
    if (!plan.empty()) ASSERT_TRUE(s.Update(group.Run(plan), &events).ok());
    for (const SchedulerEvent& e : events) {
      if (e.kind == Kind::kExpired) {
        ASSERT_EQ(live.erase(e.id), 1u);
      } else if (e.kind == Kind::kToken) {
        auto& [request, journal] = live.at(e.id);
        ASSERT_EQ(e.token, FakeGroup::NextToken(journal));
        journal.push_back(e.token);
        ASSERT_EQ(e.finished, journal.size() - request.prompt.size() == request.max_tokens);
        finished += e.finished;
        if (e.finished) live.erase(e.id);
      }
    }
    ASSERT_EQ(static_cast<size_t>(s.num_running() + s.num_waiting()), live.size());
    ASSERT_LE(s.blocks_used(), options.num_blocks);
    if (live.empty()) ASSERT_EQ(s.blocks_used(), 0);
  }
  EXPECT_GT(finished, 5000u);
  EXPECT_GT(s.num_preemptions(), 1000u) << "the pool was too large to show anything";
}

}  // namespace
}  // namespace baton
