// An engine among threads that do all they may at any moment: clients submit, cancel and resume,
// epochs end under way, a group on a thread of its own sends results late or wrong, readers read,
// drains come, and the engine dies with work in it. Whatever happens, a request has exactly one
// end and hears nothing after it, and its tokens are those that it would have had alone. Made for
// ThreadSanitizer.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "absl/strings/match.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "gtest/gtest.h"
#include "router/engine/engine.h"
#include "router/scheduler/fake_group.h"
#include "router/tokenizer/test_vocabulary.h"

namespace baton {
namespace {

using Random = std::mt19937_64;

constexpr uint32_t kPauseEvery = 5;  // tokens, of a request that pauses
constexpr int32_t kFirstToken = kFirstByteToken + 'a';
constexpr int32_t kNumTokens = 6;

bool OneIn(uint64_t n, Random& rng) { return rng() % n == 0; }

void SleepMicros(uint64_t us) { std::this_thread::sleep_for(std::chrono::microseconds(us)); }

SchedulerOptions GroupOptions() {
  SchedulerOptions o;
  o.num_blocks = 24;  // too few for all that may run
  o.block_size = 4;
  o.max_running = 8;
  o.max_step_tokens = 24;
  o.max_step_rows = 12;
  o.max_in_flight = 3;
  o.vocab_size = kFirstToken + kNumTokens;
  return o;
}

// What was exercised, by name.
class Counts {
 public:
  void Add(const std::string& what, uint64_t by = 1) {
    MutexLock lock(&mu_);
    counts_[what] += by;
  }
  uint64_t operator[](const std::string& what) const {
    MutexLock lock(&mu_);
    const auto it = counts_.find(what);
    return it == counts_.end() ? 0 : it->second;
  }

 private:
  mutable Mutex mu_;
  std::map<std::string, uint64_t> counts_ ABSL_GUARDED_BY(mu_);
};

std::string NameOf(const absl::Status& status) {
  for (const char* what : {"was lost", "is not ready", "shutting down", "has not read"}) {
    if (absl::StrContains(status.message(), what)) return what;
  }
  return absl::StatusCodeToString(status.code());
}

std::string NameOf(FinishReason reason) {
  return "finished " + std::to_string(static_cast<int>(reason));
}

// Checks what a request is told, against what a group would give it alone.
class CheckingSink : public RequestSink {
 public:
  CheckingSink(EngineRequest request, bool pauses, Counts* counts)
      : request_(std::move(request)),
        pauses_(pauses),
        counts_(counts),
        journals_(request_.best_of, request_.prompt) {}

  void OnStarted(const StartedEvent&) override {
    EXPECT_FALSE(started_ || ended());
    started_ = true;
  }
  bool OnPrompt(PromptEvent) override {
    ADD_FAILURE() << "nobody asked for the prompt";
    return true;
  }
  bool OnPiece(PieceEvent piece) override {
    EXPECT_TRUE(started_ && !ended());
    std::vector<int32_t>& journal = journals_[piece.choice];
    EXPECT_EQ(piece.position + request_.prompt.size(), journal.size());
    SequenceSampling sampling;
    sampling.seed = request_.sampling.seed;
    sampling.choice = piece.choice;
    std::string text;
    for (int32_t token : piece.token_ids) {
      EXPECT_EQ(token, alone_.NextToken(journal, sampling));
      journal.push_back(token);
      if (!IsStop(token)) text += static_cast<char>(token - kFirstByteToken);
    }
    EXPECT_EQ(piece.text, text);
    counts_->Add("tokens", piece.token_ids.size());
    if (!pauses_ || journal.size() % kPauseEvery != 0) return true;
    counts_->Add("pauses");
    wants_resume_ = true;
    return false;
  }
  void OnChoiceFinished(const ChoiceEnd& end) override {
    EXPECT_FALSE(ended());
    CheckEnd(end);
    ++choices_ended_;
  }
  void OnFinished(const FinishedEvent& event) override {
    EXPECT_TRUE(started_);
    if (request_.best_of == 1) CheckEnd(event.first);
    if (request_.best_of > 1) EXPECT_EQ(choices_ended_, request_.best_of);
    if (event.cached_tokens > 0) counts_->Add("cached");
    End(NameOf(event.first.reason));
  }
  void OnError(const absl::Status& status) override { End(NameOf(status)); }

  // For clients' threads.
  bool ended() const { return ends_ > 0; }
  int ends() const { return ends_; }
  bool TakeWantsResume() { return wants_resume_.exchange(false); }

 private:
  bool IsStop(int32_t token) const {
    return !request_.stop.token_ids.empty() && token == request_.stop.token_ids[0];
  }
  void CheckEnd(const ChoiceEnd& end) {
    const std::vector<int32_t>& journal = journals_[end.choice];
    const size_t length = journal.size() - request_.prompt.size();
    EXPECT_EQ(end.output_tokens, length);
    if (end.reason == FinishReason::kLength) EXPECT_EQ(length, request_.stop.max_tokens);
    if (end.reason == FinishReason::kStop) EXPECT_TRUE(IsStop(journal.back()));
  }
  void End(const std::string& how) {
    EXPECT_EQ(++ends_, 1);
    counts_->Add(how);
  }

  const EngineRequest request_;
  const bool pauses_;
  Counts* const counts_;
  const FakeGroup alone_{GroupOptions(), kNumTokens, kFirstToken};
  // Of the engine's thread.
  std::vector<std::vector<int32_t>> journals_;  // by choice
  bool started_ = false;
  uint32_t choices_ended_ = 0;

  std::atomic<int> ends_{0};
  std::atomic<bool> wants_resume_{false};
};

// Executes plans on a thread of its own, each epoch's on a group of its own.
class GroupThread : public PlanSink {
 public:
  GroupThread(uint64_t seed, Counts* counts)
      : counts_(counts), rng_(seed), thread_([this] { Run(); }) {}
  ~GroupThread() override {
    {
      MutexLock lock(&mu_);
      stop_ = true;
      posted_.Signal();
    }
    thread_.join();
  }

  void Serve(std::weak_ptr<Engine> engine) {
    MutexLock lock(&mu_);
    engine_ = std::move(engine);
  }
  void SendPlan(uint64_t epoch, const StepPlan& plan) override {
    MutexLock lock(&mu_);
    plans_.emplace_back(epoch, plan);
    posted_.Signal();
  }
  void OnIndexChanges(const std::vector<IndexChange>&) override {}
  void OnIndexLost() override {}

 private:
  void Run() {
    while (true) {
      std::pair<uint64_t, StepPlan> next;
      std::shared_ptr<Engine> engine;
      {
        MutexLock lock(&mu_);
        while (plans_.empty() && !stop_) posted_.Wait(&mu_);
        if (stop_) return;
        next = std::move(plans_.front());
        plans_.pop_front();
        engine = engine_.lock();
      }
      if (engine != nullptr) Answer(*engine, next.first, next.second);
    }  // where the engine may die
  }

  void Answer(Engine& engine, uint64_t epoch, const StepPlan& plan) {
    if (epoch != epoch_) {
      if (epoch_ > 0) {
        counts_->Add("late results");
        engine.PostResult(epoch_, last_result_);
      }
      epoch_ = epoch;
      group_ = std::make_unique<FakeGroup>(GroupOptions(), kNumTokens, kFirstToken);
    }
    last_result_ = group_->Run(plan);
    EXPECT_EQ(group_->fault(), "");
    if (OneIn(10, rng_)) SleepMicros(rng_() % 300);
    if (OneIn(200, rng_)) {
      counts_->Add("results sent twice");
      engine.PostResult(epoch, last_result_);
    }
    if (OneIn(200, rng_) && !last_result_.rows.empty()) {
      counts_->Add("strange tokens sent");
      StepResult strange = last_result_;
      strange.rows[0].token = kFirstToken + kNumTokens;
      engine.PostResult(epoch, std::move(strange));
    }
    engine.PostResult(epoch, last_result_);
  }

  Counts* const counts_;
  Mutex mu_;
  CondVar posted_;
  std::weak_ptr<Engine> engine_ ABSL_GUARDED_BY(mu_);
  std::deque<std::pair<uint64_t, StepPlan>> plans_ ABSL_GUARDED_BY(mu_);
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  // Of the thread.
  Random rng_;
  uint64_t epoch_ = 0;
  StepResult last_result_;
  std::unique_ptr<FakeGroup> group_;
  std::thread thread_;
};

// One engine's life.
class Round {
 public:
  Round(uint64_t seed, Counts* counts) : seed_(seed), counts_(counts) {
    EngineOptions options;
    options.admission.max_queue_requests = 32;
    options.pause_limit = absl::Milliseconds(15);
    engine_ = std::make_shared<Engine>("g0", options, Clock::Real(), group_.get(),
                                       [this](uint64_t epoch, const absl::Status&) {
                                         counts_->Add("bad results");
                                         bad_epoch_ = epoch;
                                       });
    group_->Serve(engine_);
  }

  // Ends with an engine that has done all it was given, or with one that dies in the midst of it.
  void Run(bool quiet) {
    std::vector<std::thread> clients, others;
    others.emplace_back([this] { RunEpochs(engine_); });
    others.emplace_back([this] { Read(*engine_); });
    for (uint64_t i = 0; i < kClients; ++i)
      clients.emplace_back([this, i, engine = engine_] { RunClient(i, *engine); });
    for (std::thread& t : clients) t.join();
    if (quiet) WaitForQuiet();
    stop_ = true;
    for (std::thread& t : others) t.join();
    if (!quiet) {
      Random rng(seed_);
      for (int i = 0; i < 20; ++i) SubmitOne(0, *engine_, rng);  // some stay in the inbox
      if (engine_->LoadTokens() > 0) counts_->Add("deaths with work");
    }
    engine_.reset();
    group_.reset();  // whose thread may be the last to let go of the engine
    CheckEnds();
  }

 private:
  static constexpr uint64_t kClients = 3, kRequests = 120;  // of each client

  static EngineRequest MakeRequest(Random& rng) {
    EngineRequest r;
    r.prompt.resize(1 + rng() % 20);
    for (int32_t& t : r.prompt) t = static_cast<int32_t>(OneIn(8, rng));  // prefixes are shared
    r.stop.max_tokens = 1 + static_cast<uint32_t>(rng() % 24);
    if (OneIn(3, rng)) r.stop.token_ids = {kFirstToken};
    if (OneIn(4, rng)) r.n = r.best_of = 2;
    r.sampling.seed = rng() % 1000;
    r.priority = static_cast<int32_t>(rng() % 2);
    r.arrival = Clock::Real()->Now();
    if (OneIn(5, rng))
      r.deadline = r.arrival + absl::Microseconds(rng() % (OneIn(2, rng) ? 1000 : 20000));
    return r;
  }

  void RunClient(uint64_t client, Engine& engine) {
    Random rng(seed_ * kClients + client);
    for (uint64_t i = 1; i <= kRequests; ++i) {
      SubmitOne(client, engine, rng);
      if (OneIn(8, rng)) engine.Cancel(IdOf(client, i - 1 - rng() % std::min<uint64_t>(i, 5)));
      if (OneIn(400, rng)) engine.DrainNow();
      SleepMicros(rng() % 2000);
      ResumeSome(client, engine, rng);
    }
  }

  void SubmitOne(uint64_t client, Engine& engine, Random& rng) {
    std::vector<std::shared_ptr<CheckingSink>>& sinks = sinks_[client];
    EngineRequest request = MakeRequest(rng);
    sinks.push_back(std::make_shared<CheckingSink>(request, OneIn(4, rng), counts_));
    engine.Submit(IdOf(client, sinks.size() - 1), tokenizer_, std::move(request), sinks.back(), {});
  }

  // A reader in ten does not come back.
  void ResumeSome(uint64_t client, Engine& engine, Random& rng) {
    for (uint64_t i = 0; i < sinks_[client].size(); ++i) {
      if (!sinks_[client][i]->TakeWantsResume() || OneIn(10, rng)) continue;
      counts_->Add("resumes");
      engine.Resume(IdOf(client, i));
    }
  }

  void RunEpochs(const std::shared_ptr<Engine>& engine) {
    Random rng(seed_);
    for (uint64_t epoch = 1;; ++epoch) {
      EpochInfo info;
      info.number = epoch;
      info.scheduler = GroupOptions();
      engine->StartEpoch(std::move(info));
      counts_->Add("epochs");
      uint64_t left = 20 + rng() % 40;
      while (bad_epoch_ != epoch && !stop_ && (left > 0 || quiet_)) {
        SleepMicros(1000);
        left -= left > 0;
      }
      if (stop_) return;
      engine->EndEpoch(absl::UnavailableError("group g0 was lost"));
      SleepMicros(rng() % 1000);
    }
  }

  void Read(const Engine& engine) {
    EngineSnapshot last;
    while (!stop_) {
      const EngineSnapshot s = engine.Snapshot();
      EXPECT_LE(s.blocks_used, s.blocks_total);
      EXPECT_GE(s.requests_finished, last.requests_finished);
      EXPECT_GE(s.output_tokens, last.output_tokens);
      EXPECT_GE(s.preemptions, last.preemptions);
      if (engine.LoadTokens() > 0) counts_->Add("reads under load");
      last = s;
      SleepMicros(200);
    }
    counts_->Add("preemptions", last.preemptions);
  }

  // Those that are paused end, too: their readers are gone.
  void WaitForQuiet() {
    quiet_ = true;
    const absl::Time limit = Clock::Real()->Now() + absl::Seconds(20);
    while (engine_->LoadTokens() > 0 && Clock::Real()->Now() < limit) SleepMicros(1000);
    const EngineSnapshot s = engine_->Snapshot();
    EXPECT_EQ(engine_->LoadTokens(), 0u);
    EXPECT_EQ(s.running + s.waiting + s.blocks_used, 0u);
    counts_->Add("quiet ends");
  }

  void CheckEnds() {
    for (const auto& sinks : sinks_) {
      EXPECT_GE(sinks.size(), kRequests);
      for (const auto& sink : sinks) EXPECT_EQ(sink->ends(), 1);
    }
  }

  // Ids grow with arrival, more or less, as they should.
  static uint64_t IdOf(uint64_t client, uint64_t index) { return index * kClients + client; }

  const uint64_t seed_;
  Counts* const counts_;
  const std::shared_ptr<const Tokenizer> tokenizer_ = *Tokenizer::Create(TestVocabulary());
  std::vector<std::shared_ptr<CheckingSink>> sinks_[kClients];  // each of its client's thread
  std::atomic<uint64_t> bad_epoch_{0};
  std::atomic<bool> quiet_{false}, stop_{false};
  std::unique_ptr<GroupThread> group_ = std::make_unique<GroupThread>(seed_, counts_);
  std::shared_ptr<Engine> engine_;
};

TEST(EngineStress, EndsEveryRequestOnceWithItsOwnTokens) {
  Counts counts;
  for (uint64_t round = 0; round < 16; ++round) {
    Round(round + 1, &counts).Run(/*quiet=*/round % 2 == 0);
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
  const std::pair<std::string, uint64_t> wanted[] = {
      {"tokens", 5000},
      {"cached", 20},
      {"pauses", 20},
      {"resumes", 20},
      {"preemptions", 20},
      {"epochs", 20},
      {"bad results", 3},
      {"results sent twice", 3},
      {"strange tokens sent", 3},
      {"late results", 3},
      {"reads under load", 100},
      {"deaths with work", 8},
      {"quiet ends", 5},
      {NameOf(FinishReason::kStop), 20},
      {NameOf(FinishReason::kLength), 20},
      {NameOf(FinishReason::kDrain), 3},
      {NameOf(FinishReason::kDeadline), 3},
      {"CANCELLED", 20},
      {"DEADLINE_EXCEEDED", 3},
      {"RESOURCE_EXHAUSTED", 3},
      {"has not read", 3},
      {"was lost", 20},
      {"is not ready", 3},
      {"shutting down", 3},
  };
  for (const auto& [what, least] : wanted) {
    EXPECT_GE(counts[what], least) << what;
    std::cout << what << ": " << counts[what] << "\n";
  }
  EXPECT_LE(counts["bad results"], counts["results sent twice"] + counts["strange tokens sent"])
      << "late ones count for nothing";
}

}  // namespace
}  // namespace baton
