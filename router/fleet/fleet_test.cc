// The fleet with workers that are played by the test, on a clock that the test moves.
#include "router/fleet/fleet.h"

#include <chrono>
#include <map>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "baton/worker/v1/protocol_version.h"
#include "common/check.h"
#include "gtest/gtest.h"
#include "router/tokenizer/test_vocabulary.h"
#include "router/tokenizer/tokenizer.h"

namespace baton {
namespace {

// Moved by the test, read by engines' threads too.
class TestClock : public Clock {
 public:
  absl::Time Now() const override {
    MutexLock lock(&mu_);
    return now_;
  }
  void Advance(absl::Duration by) {
    MutexLock lock(&mu_);
    now_ += by;
  }

 private:
  mutable Mutex mu_;
  absl::Time now_ ABSL_GUARDED_BY(mu_) = absl::UnixEpoch();
};

// Remembers what the router sent.
class FakeLink : public WorkerLink {
 public:
  void SendFormGroup(const FormGroupOrder& order) override {
    MutexLock lock(&mu_);
    formed_ = order.epoch;
  }
  void SendPlan(uint64_t, const StepPlan& plan) override {
    MutexLock lock(&mu_);
    ++plans_;
    last_plan_ = plan;
  }
  void SendAbort(uint64_t epoch, const std::string& reason) override {
    MutexLock lock(&mu_);
    aborted_ = epoch;
    reason_ = reason;
  }

  void Close(const std::string&) override {}

  uint64_t formed() const { return Read(formed_); }
  uint64_t aborted() const { return Read(aborted_); }
  int plans() const { return Read(plans_); }
  std::string reason() const { return Read(reason_); }
  StepPlan last_plan() const { return Read(last_plan_); }

 private:
  template <typename T>
  T Read(const T& value) const {
    MutexLock lock(&mu_);
    return value;
  }

  mutable Mutex mu_;
  uint64_t formed_ = 0, aborted_ = 0;
  int plans_ = 0;
  std::string reason_;
  StepPlan last_plan_;
};

class FakeSink : public RequestSink {
 public:
  void OnStarted(const StartedEvent& event) override {
    MutexLock lock(&mu_);
    group_ = event.group;
  }
  bool OnPrompt(PromptEvent) override { return true; }
  bool OnPiece(PieceEvent) override { return true; }
  void OnChoiceFinished(const ChoiceEnd&) override {}
  void OnFinished(const FinishedEvent&) override { End(absl::OkStatus()); }
  void OnError(const absl::Status& status) override { End(status); }

  std::string group() const {
    MutexLock lock(&mu_);
    return group_;
  }
  absl::optional<absl::Status> end() const {
    MutexLock lock(&mu_);
    return end_;
  }

 private:
  void End(const absl::Status& status) {
    MutexLock lock(&mu_);
    end_ = status;
  }

  mutable Mutex mu_;
  std::string group_ ABSL_GUARDED_BY(mu_);
  absl::optional<absl::Status> end_ ABSL_GUARDED_BY(mu_);
};

// Whether it comes true while engines' threads do their work.
bool Eventually(const std::function<bool()>& what) {
  for (int i = 0; i < 5000; ++i) {
    if (what()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

std::shared_ptr<const ModelContext> Model(const std::string& name, const std::string& digest) {
  auto model = std::make_shared<ModelContext>();
  model->name = name;
  model->digest = digest;
  model->context_length = 1000;
  auto tokenizer = Tokenizer::Create(TestVocabulary());
  BATON_CHECK(tokenizer.ok());
  model->tokenizer = *std::move(tokenizer);
  model->vocab_size = model->tokenizer->vocab_size();
  return model;
}

class FleetTest : public ::testing::Test {
 protected:
  // A worker on its own in a group.
  static RankHello Hello(const std::string& digest, uint64_t incarnation = 1) {
    RankHello hello;
    hello.protocol_version = kWorkerProtocolVersion;
    hello.incarnation = incarnation;
    hello.model_digest = digest;
    hello.numerics_class = absl::StrCat("class of ", digest);
    hello.pid = 7;
    hello.host = "box";
    return hello;
  }

  static FleetOptions Options() {
    FleetOptions options;
    options.tick_interval = absl::InfiniteDuration();
    options.run_ahead = false;  // one plan at a time is easier to answer by hand
    return options;
  }

  // The status of an attempt to attach.
  absl::Status Try(const std::string& group, const RankHello& hello,
                   std::shared_ptr<const ModelContext> model = nullptr) {
    return fleet_.Attach(group, hello, std::move(model), std::make_shared<FakeLink>()).status();
  }

  // Attaches a worker that serves `digest` as "m".
  AttachmentId Attach(const std::string& group, const std::string& digest,
                      uint64_t incarnation = 1) {
    links_[group] = std::make_shared<FakeLink>();
    const auto id =
        fleet_.Attach(group, Hello(digest, incarnation), Model("m", digest), links_[group]);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.value_or(0);
  }
  void Load(AttachmentId id) {
    RankCapacity c;
    c.num_blocks = 64;
    c.block_size = 16;
    c.max_slots = c.max_step_rows = 8;
    c.max_step_tokens = c.max_model_len = 512;
    BATON_CHECK(fleet_.Loaded(id, c).ok());
  }
  AttachmentId Serve(const std::string& group, const std::string& digest,
                     uint64_t incarnation = 1) {
    const AttachmentId id = Attach(group, digest, incarnation);
    clock_.Advance(absl::Seconds(1));  // a group that was lost forms again after a pause
    Load(id);
    fleet_.Ready(id, links_[group]->formed());
    EXPECT_EQ(State(group), "ready");
    return id;
  }

  // "none" when no such group is listed.
  std::string State(const std::string& group) const {
    for (const GroupSnapshot& g : fleet_.Groups()) {
      if (g.name == group) return g.state == GroupState::kReady ? "ready" : "not ready";
    }
    return "none";
  }
  // The digest that the name means, or the status.
  std::string Meaning(const std::string& name) const {
    const auto serving = fleet_.FindModel(name);
    return serving.ok() ? serving->model->digest : serving.status().ToString();
  }

  std::shared_ptr<FakeSink> Submit() {
    auto sink = std::make_shared<FakeSink>();
    const auto serving = fleet_.FindModel("m");
    BATON_CHECK(serving.ok());
    EngineRequest request;
    request.prompt = {1, 2, 3};
    request.arrival = clock_.Now();
    cancel_ = fleet_.Submit(serving->model, std::move(request), sink).cancel;
    return sink;
  }
  // A request whose plan has reached the group's worker.
  std::shared_ptr<FakeSink> SubmitAndPlan(const std::string& group) {
    const int before = links_[group]->plans();
    const std::shared_ptr<FakeSink> sink = Submit();
    EXPECT_TRUE(Eventually([&] { return links_[group]->plans() > before; }));
    EXPECT_EQ(sink->group(), group);
    return sink;
  }

  // The group's last plan, which asks for one token, gets this one.
  void Answer(const std::string& group, AttachmentId sampler, int32_t token) {
    const StepPlan plan = links_[group]->last_plan();
    ASSERT_EQ(plan.rows.size(), 1u);
    StepResult result;
    result.plan_id = plan.plan_id;
    result.rows.emplace_back();
    result.rows[0].slot = plan.work[0].slot;
    result.rows[0].position = plan.rows[0].position;
    result.rows[0].token = token;
    fleet_.Result(sampler, links_[group]->formed(), std::move(result));
  }

  TestClock clock_;
  std::map<std::string, std::shared_ptr<FakeLink>> links_;  // of the last worker of a group
  std::function<void()> cancel_;
  Fleet fleet_{Options(), &clock_};
};

TEST_F(FleetTest, ARefusedWorkerLeavesNothing) {
  RankHello bad = Hello("d1");
  bad.protocol_version = 99;
  EXPECT_EQ(Try("g", bad, Model("m", "d1")).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Try("a b", Hello("d1"), Model("m", "d1")).code(), absl::StatusCode::kInvalidArgument);
  const absl::Status card = Try("g", Hello("d1"), Model("m", "d2"));
  EXPECT_EQ(card.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(card.message(), "digest is d2; expected the worker's, d1")) << card;
  EXPECT_TRUE(fleet_.Groups().empty());
  EXPECT_TRUE(fleet_.Models().empty());
}

TEST_F(FleetTest, AGroupWithoutRanksIsForgottenAfterAWhile) {
  const AttachmentId id = Serve("g", "d1");
  fleet_.Detach(id, "is gone");
  clock_.Advance(absl::Seconds(59));
  fleet_.Tick();
  EXPECT_EQ(State("g"), "not ready");
  EXPECT_EQ(Meaning("m"), "d1");
  clock_.Advance(absl::Seconds(1));
  fleet_.Tick();
  EXPECT_EQ(State("g"), "none");
  EXPECT_EQ(Meaning("m"), "UNAVAILABLE: no worker is attached: no model is known");
  Serve("g", "d1");
  clock_.Advance(absl::Hours(1));
  fleet_.Tick();
  EXPECT_EQ(State("g"), "ready") << "a group with a rank is not forgotten";
}

// What a client holds on to outlives the group.
TEST_F(FleetTest, ACancellationAfterItsGroupIsForgottenDoesNothing) {
  const AttachmentId id = Serve("g", "d1");
  const std::shared_ptr<FakeSink> sink = SubmitAndPlan("g");
  fleet_.Detach(id, "is gone");
  clock_.Advance(absl::Minutes(2));
  EXPECT_TRUE(Eventually([&] {
    fleet_.Tick();
    return State("g") == "none";
  }));
  EXPECT_EQ(sink->end()->code(), absl::StatusCode::kUnavailable);
  cancel_();
  EXPECT_EQ(sink->end()->code(), absl::StatusCode::kUnavailable);
}

TEST_F(FleetTest, TheNumberOfGroupsIsBounded) {
  std::vector<AttachmentId> ids;
  for (size_t i = 0; i < kMaxGroups; ++i) ids.push_back(Attach(absl::StrCat("g", i), "d1"));
  const absl::Status status = Try("one-more", Hello("d1"));
  EXPECT_EQ(status,
            absl::ResourceExhaustedError("group one-more: there are 256 groups; the limit is 256"));
  EXPECT_EQ(fleet_.Groups().size(), kMaxGroups);
  fleet_.Detach(ids[3], "is gone");
  EXPECT_TRUE(Try("one-more", Hello("d1")).ok()) << "a group without a rank makes room";
  EXPECT_EQ(State("g3"), "none");
}

TEST_F(FleetTest, ANewFileUnderAnOldNameIsServed) {
  const AttachmentId old_id = Serve("g", "d1");
  EXPECT_EQ(Meaning("m"), "d1");
  std::weak_ptr<const ModelContext> old_model = fleet_.FindModel("m")->model;
  fleet_.Detach(old_id, "is gone");
  Serve("g", "d2", 2);
  EXPECT_EQ(Meaning("m"), "d2");
  EXPECT_EQ(Meaning(""), "d2");
  EXPECT_EQ(fleet_.Models().size(), 1u);
  EXPECT_EQ(SubmitAndPlan("g")->end(), absl::nullopt);
  EXPECT_TRUE(old_model.expired()) << "nobody serves it, but its context is kept";
}

TEST_F(FleetTest, ARollingUpdateMovesTheNameWhenTheNewGroupIsReady) {
  Serve("old", "d1");
  const AttachmentId id = Attach("new", "d2");
  EXPECT_EQ(Meaning("m"), "d1");
  SubmitAndPlan("old");
  Load(id);
  fleet_.Ready(id, links_["new"]->formed());
  EXPECT_EQ(Meaning("m"), "d2");
  SubmitAndPlan("new");
  fleet_.Detach(id, "is gone");
  EXPECT_EQ(Meaning("m"), "d1") << "the old group can still answer";
}

TEST_F(FleetTest, AGivenModelIsKnownWithoutWorkers) {
  fleet_.AddModel(Model("m", "d1"));
  EXPECT_EQ(Meaning("m"), "d1");
  const AttachmentId id = Serve("g", "d2");
  EXPECT_EQ(Meaning("m"), "d2");
  fleet_.Detach(id, "is gone");
  clock_.Advance(absl::Minutes(2));
  fleet_.Tick();
  EXPECT_EQ(Meaning("m"), "d1");
  EXPECT_TRUE(absl::StartsWith(Meaning("x"), "NOT_FOUND: model \"x\" is not served; served: m"));
}

TEST_F(FleetTest, GroupsOfOneModelShareItsContext) {
  Serve("a", "d1");
  const auto model = fleet_.FindModel("m")->model;
  const AttachmentId id = Serve("b", "d1");
  fleet_.Detach(id, "is gone");
  Serve("b", "d1", 2);
  EXPECT_EQ(fleet_.FindModel("m")->model, model);
  EXPECT_EQ(fleet_.Models().size(), 1u);
}

TEST_F(FleetTest, CanAnswerOnlyForAModelThatClientsCanName) {
  EXPECT_FALSE(fleet_.CanAnswer());
  links_["g"] = std::make_shared<FakeLink>();
  const AttachmentId id = *fleet_.Attach("g", Hello("d1"), nullptr, links_["g"]);
  Load(id);
  fleet_.Ready(id, links_["g"]->formed());
  EXPECT_EQ(State("g"), "ready");
  EXPECT_FALSE(fleet_.CanAnswer()) << "nobody knows what d1 is called";
  fleet_.AddModel(Model("m", "d1"));
  EXPECT_TRUE(fleet_.CanAnswer());
  fleet_.StopAccepting();
  EXPECT_FALSE(fleet_.CanAnswer());
}

TEST_F(FleetTest, AProcessThatDialsAgainTakesItsOwnPlace) {
  const AttachmentId first = Serve("g", "d1");
  const std::shared_ptr<FakeSink> sink = SubmitAndPlan("g");
  EXPECT_EQ(Try("g", Hello("d1", 2)).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(State("g"), "ready");
  Serve("g", "d1");  // the same incarnation
  EXPECT_TRUE(Eventually([&] { return sink->end().has_value(); }));
  EXPECT_EQ(*sink->end(),
            absl::UnavailableError("group g was lost: rank 0 (process 7 on box) dialled again"));
  fleet_.Detach(first, "the old stream ends at last");
  EXPECT_EQ(State("g"), "ready");
  SubmitAndPlan("g");
}

TEST_F(FleetTest, APlanThatIsOverdueEndsTheEpoch) {
  const AttachmentId id = Serve("g", "d1");
  const uint64_t epoch = links_["g"]->formed();
  const std::shared_ptr<FakeSink> sink = SubmitAndPlan("g");
  clock_.Advance(absl::Seconds(14));
  fleet_.Tick();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  fleet_.Tick();
  EXPECT_TRUE(fleet_.CanAnswer());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Eventually([&] {
    fleet_.Tick();
    return links_["g"]->aborted() == epoch;
  }));
  const std::string reason = "its plan has been without a result for 15s (--stall-limit)";
  EXPECT_EQ(links_["g"]->reason(), reason);
  EXPECT_TRUE(Eventually([&] { return sink->end().has_value(); }));
  EXPECT_EQ(*sink->end(), absl::UnavailableError("group g was lost: " + reason));
  EXPECT_FALSE(fleet_.CanAnswer());

  clock_.Advance(absl::Seconds(1));
  fleet_.Tick();
  const uint64_t next = links_["g"]->formed();
  EXPECT_GT(next, epoch);
  fleet_.Ready(id, next);
  EXPECT_TRUE(fleet_.CanAnswer());
  fleet_.Tick();
  EXPECT_EQ(State("g"), "ready") << "the plan of the epoch before counts against the new one";
}

// An answer in time is progress.
TEST_F(FleetTest, AResultStartsTheLimitAgain) {
  const AttachmentId id = Serve("g", "d1");
  SubmitAndPlan("g");
  for (int step = 0; step < 3; ++step) {
    clock_.Advance(absl::Seconds(10));
    const int before = links_["g"]->plans();
    Answer("g", id, 5);
    ASSERT_TRUE(Eventually([&] { return links_["g"]->plans() > before; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    fleet_.Tick();
    EXPECT_EQ(State("g"), "ready");
  }
}

TEST_F(FleetTest, ATokenOutsideTheVocabularyEndsTheEpoch) {
  const AttachmentId id = Serve("g", "d1");
  const uint64_t epoch = links_["g"]->formed();
  const std::shared_ptr<FakeSink> sink = SubmitAndPlan("g");
  Answer("g", id, 271);
  ASSERT_TRUE(Eventually([&] { return sink->end().has_value(); }));
  const std::string reason = "the result of plan 1 has token 271, the vocabulary has 271 tokens";
  EXPECT_EQ(*sink->end(), absl::UnavailableError("group g was lost: " + reason));
  EXPECT_EQ(links_["g"]->aborted(), epoch);
  EXPECT_EQ(links_["g"]->reason(), reason);
}

// Ranks that take no part any more are asked to form again, less than once in ten seconds.
TEST_F(FleetTest, AGroupThatNeverAnswersFormsAtABoundedRateAndSaysWhy) {
  Serve("g", "d1");
  SubmitAndPlan("g");
  clock_.Advance(absl::Seconds(15));
  const uint64_t first = links_["g"]->formed();
  EXPECT_TRUE(Eventually([&] {
    fleet_.Tick();
    return State("g") == "not ready";
  }));
  for (int tick = 0; tick < 20 * 60 * 2; ++tick) {  // two minutes
    clock_.Advance(absl::Milliseconds(50));
    fleet_.Tick();
  }
  EXPECT_GE(links_["g"]->formed() - first, 5u);
  EXPECT_LE(links_["g"]->formed() - first, 12u);
  EXPECT_EQ(links_["g"]->reason(), "not ready within 15s: rank 0 (process 7 on box)");
  const std::shared_ptr<FakeSink> sink = Submit();
  EXPECT_TRUE(absl::StrContains(sink->end()->message(), "rank 0 (process 7 on box)"))
      << *sink->end();
}

}  // namespace
}  // namespace baton
