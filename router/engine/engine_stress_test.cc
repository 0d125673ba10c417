// An engine among threads that do all they may at any moment: clients submit, cancel and resume,
// epochs end under way, a group on a thread of its own sends results late or wrong, readers read,
// drains come, and the engine dies with work in it. Whatever happens, a request has exactly one
// end and hears nothing after it, and its tokens are those that it would have had alone. Made for
// ThreadSanitizer.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <random>
#include <thread>

#include "common/clock.h"
#include "gtest/gtest.h"
#include "router/engine/checking_sink.h"
#include "router/engine/engine.h"
#include "router/engine/exercise_counts.h"
#include "router/engine/unruly_group.h"
#include "router/scheduler/fake_group.h"
#include "router/tokenizer/test_vocabulary.h"

namespace baton {
namespace {

using Random = std::mt19937_64;

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
  return o;
}

// One engine's life.
class Round {
 public:
  Round(uint64_t seed, ExerciseCounts* counts) : seed_(seed), counts_(counts) {
    EngineOptions options;
    options.admission.max_queue_requests = 32;
    options.pause_limit = absl::Milliseconds(8);
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
    sinks.push_back(std::make_shared<CheckingSink>(request, OneIn(4, rng), &alone_, counts_));
    engine.Submit(IdOf(client, sinks.size() - 1), tokenizer_, std::move(request), sinks.back(), {});
    engine.TakeTurn();
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
  ExerciseCounts* const counts_;
  const std::shared_ptr<const Tokenizer> tokenizer_ = *Tokenizer::Create(TestVocabulary());
  std::vector<std::shared_ptr<CheckingSink>> sinks_[kClients];  // each of its client's thread
  std::atomic<uint64_t> bad_epoch_{0};
  std::atomic<bool> quiet_{false}, stop_{false};
  const FakeGroup alone_{GroupOptions(), kNumTokens, kFirstToken};
  std::unique_ptr<UnrulyGroup> group_ = std::make_unique<UnrulyGroup>(alone_, seed_, counts_);
  std::shared_ptr<Engine> engine_;
};

TEST(EngineStress, EndsEveryRequestOnceWithItsOwnTokens) {
  ExerciseCounts counts;
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
      {"deaths with work", 4},
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
