#include "router/engine/engine.h"

#include <atomic>
#include <deque>
#include <thread>

#include "gtest/gtest.h"
#include "router/engine/engine_core.h"
#include "router/tokenizer/test_vocabulary.h"
#include "router/tokenizer/tokenizer.h"

namespace baton {
namespace {

struct RecordingSink : RequestSink {
  void OnStarted(const StartedEvent& e) override { log += "started " + e.group + ";"; }
  void OnPiece(PieceEvent piece) override {
    text += piece.text;
    tokens += piece.token_ids.size();
  }
  void OnFinished(const FinishedEvent& e) override {
    finished = e;
    log += e.reason == FinishReason::kStop     ? "stop"
           : e.reason == FinishReason::kLength ? "length"
                                               : "drain";
    ++ends;
  }
  void OnError(const absl::Status& s) override {
    log += absl::StatusCodeToString(s.code());
    ++ends;
  }
  std::string log, text;
  size_t tokens = 0;
  FinishedEvent finished;
  std::atomic<int> ends{0};
};

// Remembers plans and answers them: the sample after position p is the letter p mod 26.
struct FakeLink : PlanSink {
  void SendPlan(uint64_t epoch, const StepPlan& plan) override {
    last_epoch = epoch;
    plans.push_back(plan);
  }
  StepResult Answer() {
    const StepPlan plan = plans.front();
    plans.pop_front();
    StepResult result;
    result.plan_id = plan.plan_id;
    for (const PlannedWork& work : plan.work) {
      for (const PlannedRow& row : work.rows) {
        RowResult r;
        r.slot = work.slot;
        r.position = row.position;
        r.token = kFirstByteToken + 'a' + static_cast<int32_t>(row.position % 26);
        result.rows.push_back(r);
      }
    }
    return result;
  }
  uint64_t last_epoch = 0;
  std::deque<StepPlan> plans;
};

EpochInfo Epoch(uint64_t number = 1) {
  EpochInfo info;
  info.number = number;
  info.numerics_class = "test";
  info.scheduler.num_blocks = 100;
  return info;
}

EngineRequest Request(size_t prompt, uint32_t max_tokens) {
  EngineRequest r;
  r.prompt.assign(prompt, 5);
  r.stop.max_tokens = max_tokens;
  r.arrival = absl::UnixEpoch();
  return r;
}

class EngineCoreTest : public ::testing::Test {
 protected:
  EngineCoreTest() : core_("g0", &clock_, &link_) {}
  void Step() {
    core_.Turn();
    clock_.Advance(absl::Milliseconds(10));
    if (!link_.plans.empty()) ASSERT_TRUE(core_.OnResult(link_.last_epoch, link_.Answer()).ok());
  }
  VirtualClock clock_;
  FakeLink link_;
  EngineCore core_;
  std::shared_ptr<const Tokenizer> tokenizer_ = *Tokenizer::Create(TestVocabulary());
  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
};

TEST_F(EngineCoreTest, StreamsARequestToItsEndAndTimesIt) {
  core_.StartEpoch(Epoch());
  core_.Submit(1, tokenizer_, Request(3, 4), sink_);
  for (int i = 0; i < 4; ++i) Step();
  EXPECT_EQ(sink_->log, "started g0;length");
  EXPECT_EQ(sink_->text, "cdef");
  EXPECT_EQ(sink_->finished.output_tokens, 4u);
  EXPECT_EQ(sink_->finished.first_token, absl::Milliseconds(10));
  EXPECT_EQ(sink_->finished.total, absl::Milliseconds(40));
  EXPECT_TRUE(core_.idle());
  EXPECT_EQ(core_.Snapshot().blocks_used, 0u);
}

TEST_F(EngineCoreTest, AStopStringEndsTheSequenceInTheScheduler) {
  core_.StartEpoch(Epoch());
  EngineRequest r = Request(3, 50);
  r.stop.strings = {"ef"};
  core_.Submit(1, tokenizer_, r, sink_);
  for (int i = 0; i < 6; ++i) Step();
  EXPECT_EQ(sink_->log, "started g0;stop");
  EXPECT_EQ(sink_->text, "cd");
  EXPECT_EQ(*sink_->finished.stop_string, "ef");
  EXPECT_EQ(core_.Snapshot().running, 0u);
  EXPECT_EQ(core_.Snapshot().blocks_used, 0u);
}

TEST_F(EngineCoreTest, RefusesWithoutAGroupAndAnswersAllWhenItIsLost) {
  core_.Submit(1, tokenizer_, Request(3, 4), sink_);
  EXPECT_EQ(sink_->log, "UNAVAILABLE");
  core_.StartEpoch(Epoch());
  auto running = std::make_shared<RecordingSink>();
  core_.Submit(2, tokenizer_, Request(3, 4), running);
  Step();
  core_.EndEpoch(absl::UnavailableError("rank 1 is gone"));
  EXPECT_EQ(running->log, "started g0;UNAVAILABLE");
  core_.StartEpoch(Epoch(2));
  auto again = std::make_shared<RecordingSink>();
  core_.Submit(3, tokenizer_, Request(3, 4), again);
  for (int i = 0; i < 4; ++i) Step();
  EXPECT_EQ(again->log, "started g0;length");
}

TEST_F(EngineCoreTest, ResultsOfAnEarlierEpochAreNotCommitted) {
  core_.StartEpoch(Epoch(1));
  core_.Submit(1, tokenizer_, Request(3, 4), sink_);
  core_.Turn();
  const StepResult stale = link_.Answer();
  core_.EndEpoch(absl::UnavailableError("lost"));
  core_.StartEpoch(Epoch(2));
  auto other = std::make_shared<RecordingSink>();
  core_.Submit(2, tokenizer_, Request(3, 4), other);
  core_.Turn();
  EXPECT_TRUE(core_.OnResult(1, stale).ok());
  EXPECT_EQ(other->tokens, 0u) << "a zombie's token was committed";
  EXPECT_TRUE(core_.OnResult(2, link_.Answer()).ok());
  EXPECT_FALSE(core_.OnResult(2, stale).ok());
}

TEST_F(EngineCoreTest, CancelAndDeadlineFreeEverything) {
  core_.StartEpoch(Epoch());
  core_.Submit(1, tokenizer_, Request(3, 40), sink_);
  core_.Turn();
  core_.Cancel(1);
  EXPECT_EQ(sink_->log, "started g0;CANCELLED");
  EXPECT_EQ(core_.Snapshot().blocks_used, 0u);
  EXPECT_TRUE(core_.OnResult(1, link_.Answer()).ok());
  auto late = std::make_shared<RecordingSink>();
  EngineRequest r = Request(3, 40);
  r.deadline = clock_.Now() + absl::Milliseconds(25);
  core_.Submit(2, tokenizer_, r, late);
  for (int i = 0; i < 5; ++i) Step();
  EXPECT_EQ(late->log, "started g0;DEADLINE_EXCEEDED");
  EXPECT_EQ(late->tokens, 3u);
  EXPECT_TRUE(core_.idle());
}

TEST_F(EngineCoreTest, DrainEndsStreamsThatBeganAndRefusesTheOthers) {
  core_.StartEpoch(Epoch());
  core_.Submit(1, tokenizer_, Request(3, 40), sink_);
  Step();
  auto waiting = std::make_shared<RecordingSink>();
  core_.Submit(2, tokenizer_, Request(3, 40), waiting);
  core_.DrainNow();
  EXPECT_EQ(sink_->log, "started g0;drain");
  EXPECT_EQ(waiting->log, "started g0;UNAVAILABLE");
  EXPECT_TRUE(core_.idle());
}

// Answers every plan at once.
class InstantLink : public PlanSink {
 public:
  void SendPlan(uint64_t epoch, const StepPlan& plan) override {
    FakeLink one;
    one.SendPlan(epoch, plan);
    engine->PostResult(epoch, one.Answer());
  }
  Engine* engine = nullptr;
};

TEST(Engine, ServesManyThreadsAndLeavesNothing) {
  InstantLink link;
  Engine engine("g0", Clock::Real(), &link,
                [](uint64_t, const absl::Status& s) { ADD_FAILURE() << s; });
  link.engine = &engine;
  engine.StartEpoch(Epoch());
  std::shared_ptr<const Tokenizer> tokenizer = *Tokenizer::Create(TestVocabulary());
  std::vector<std::shared_ptr<RecordingSink>> sinks(400);
  std::vector<std::thread> clients;
  for (int t = 0; t < 4; ++t) {
    clients.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        const uint64_t id = static_cast<uint64_t>(t * 100 + i);
        sinks[id] = std::make_shared<RecordingSink>();
        engine.Submit(id, tokenizer, Request(1 + i % 7, 1 + i % 11), sinks[id]);
        if (i % 5 == 0) engine.Cancel(id);
      }
    });
  }
  for (std::thread& c : clients) c.join();
  for (const auto& sink : sinks) {
    while (sink->ends == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(sink->ends, 1);
  }
  while (engine.Snapshot().blocks_used > 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(engine.Snapshot().running, 0u);
}

}  // namespace
}  // namespace baton
