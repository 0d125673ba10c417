// Long random runs over a tiny pool and two tokens: everything is shared, pre-empted, paused and
// cancelled all the time, with plans in flight, and yet every sequence gets exactly the tokens it
// would have had alone, nothing is lost, and the most urgent progresses.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

#include "gtest/gtest.h"
#include "router/scheduler/fake_group.h"
#include "router/scheduler/scheduler.h"

namespace baton {
namespace {

using Kind = SchedulerEvent::Kind;

struct Shape {
  uint32_t num_stages;
  uint32_t max_in_flight;
  int64_t num_blocks;
  bool prefix_cache;
  uint64_t seed;
};

class Soak {
 public:
  explicit Soak(const Shape& shape)
      : rng_(shape.seed), options_(Options(shape)), scheduler_(options_), group_(options_, 2) {}

  void Run(int steps) {
    for (int step = 0; step < steps; ++step) {
      now_ += absl::Milliseconds(1);
      events_.clear();
      if (Chance(3) && live_.size() < 12) AddOne();
      if (Chance(40)) CancelOne();
      if (Chance(15)) PauseOrResume();
      while (scheduler_.CanSchedule() && !Chance(4)) {
        const StepPlan plan = scheduler_.Schedule(now_, &events_);
        if (plan.empty()) break;
        results_.push_back(group_.Run(plan));
      }
      if (!results_.empty() && !Chance(3)) {
        ASSERT_TRUE(scheduler_.Update(results_.front(), &events_).ok());
        results_.pop_front();
      }
      for (const SchedulerEvent& event : events_) Handle(event);
      ASSERT_EQ(group_.fault(), "") << "step " << step;
      ASSERT_TRUE(scheduler_.Consistent()) << "step " << step;
      ASSERT_LE(scheduler_.pool().num_used(), options_.num_blocks);
      ASSERT_EQ(live_.empty(), scheduler_.idle());
      CheckProgress(step);
      if (testing::Test::HasFailure()) return;
    }
  }

  uint64_t finished = 0;
  uint64_t cached = 0;
  uint64_t preemptions() const { return scheduler_.num_preemptions(); }

 private:
  struct Live {
    SequenceRequest request;
    std::vector<int32_t> journal;
    uint32_t prompt_rows = 0;
    bool paused = false;
  };

  static SchedulerOptions Options(const Shape& shape) {
    SchedulerOptions o;
    o.num_blocks = shape.num_blocks;
    o.block_size = 4;
    o.max_running = 4;
    o.max_step_tokens = 12;
    o.max_step_rows = 5;
    o.num_stages = shape.num_stages;
    o.max_in_flight = shape.max_in_flight;
    o.prefix_cache = shape.prefix_cache;
    return o;
  }

  bool Chance(int one_in) { return rng_() % static_cast<uint64_t>(one_in) == 0; }
  SequenceId AnyLive() { return std::next(live_.begin(), rng_() % live_.size())->first; }

  void AddOne() {
    SequenceRequest r;
    r.id = next_id_++;
    r.prompt.resize(1 + rng_() % (Chance(10) ? 16 : 11));
    for (int32_t& t : r.prompt) t = static_cast<int32_t>(rng_() % 2);
    r.max_tokens = 1 + static_cast<uint32_t>(rng_() % (24 - std::max<size_t>(12, r.prompt.size())));
    r.sampling.seed = rng_() % 2;
    r.priority = static_cast<int32_t>(rng_() % 3) - 1;
    r.arrival = now_;
    if (Chance(8)) r.stop_token_ids = {0};
    if (Chance(10)) r.deadline = now_ + absl::Milliseconds(rng_() % 40);
    if (Chance(10)) r.cache_salt = "salt";
    if (Chance(6)) r.num_prompt_logprobs = 2;
    if (Chance(4)) r.run_ahead = static_cast<uint32_t>(rng_() % 3);
    ASSERT_TRUE(scheduler_.Add(r).ok());
    live_[r.id] = {r, r.prompt};
  }

  void CancelOne() {
    if (live_.empty()) return;
    const SequenceId id = AnyLive();
    ASSERT_TRUE(scheduler_.Cancel(id));
    live_.erase(id);
  }

  void PauseOrResume() {
    if (live_.empty()) return;
    const SequenceId id = AnyLive();
    bool& paused = live_[id].paused;
    paused = !paused;
    paused ? scheduler_.Pause(id) : scheduler_.Resume(id);
  }

  void Handle(const SchedulerEvent& e) {
    const auto it = live_.find(e.id);
    ASSERT_TRUE(it != live_.end()) << "an event of a sequence that has ended";
    Live& live = it->second;
    switch (e.kind) {
      case Kind::kStarted:
        cached += e.cached_tokens;
        return;
      case Kind::kExpired:
        ASSERT_LE(live.request.deadline, now_);
        live_.erase(it);
        return;
      case Kind::kFailed:
        FAIL();
      case Kind::kPromptToken:
        ASSERT_EQ(e.position, ++live.prompt_rows);
        ASSERT_EQ(e.token, live.request.prompt[e.position]);
        return;
      case Kind::kToken:
        break;
    }
    ASSERT_EQ(e.position, live.journal.size());
    ASSERT_EQ(e.token, group_.NextToken(live.journal, live.request.sampling));
    if (live.request.num_prompt_logprobs.has_value())
      ASSERT_EQ(live.prompt_rows + 1, live.request.prompt.size());
    live.journal.push_back(e.token);
    const bool stopped = !live.request.stop_token_ids.empty() && e.token == 0;
    const size_t length = live.journal.size() - live.request.prompt.size();
    ASSERT_EQ(e.finished, stopped || length == live.request.max_tokens);
    if (!e.finished) return;
    ++finished;
    live_.erase(it);
  }

  // The most urgent sequence that is not paused gets a token at least every so often.
  void CheckProgress(int step) {
    const Live* first = nullptr;
    Urgency urgency;
    for (const auto& [id, live] : live_) {
      const Urgency u(live.request.priority, live.request.arrival, id);
      if (!live.paused && (first == nullptr || u < urgency)) first = &live, urgency = u;
    }
    const size_t length = first == nullptr ? 0 : first->journal.size();
    if (first == nullptr || urgency.id() != first_id_ || length != first_length_) {
      first_id_ = first == nullptr ? 0 : urgency.id();
      first_length_ = length;
      since_ = step;
    }
    ASSERT_LT(step - since_, 200) << "the most urgent sequence does not progress";
  }

  std::mt19937_64 rng_;
  const SchedulerOptions options_;
  Scheduler scheduler_;
  FakeGroup group_;
  std::map<SequenceId, Live> live_;
  std::deque<StepResult> results_;
  std::vector<SchedulerEvent> events_;
  absl::Time now_ = absl::UnixEpoch();
  SequenceId next_id_ = 1;
  SequenceId first_id_ = 0;
  size_t first_length_ = 0;
  int since_ = 0;
};

// A million steps in all.
TEST(SchedulerSoak, KeepsEveryInvariant) {
  int steps = 125000;
  if (const char* given = std::getenv("BATON_SOAK_STEPS")) steps = std::atoi(given);
  const Shape shapes[] = {{1, 1, 6, false, 1}, {1, 1, 6, true, 2}, {1, 2, 6, true, 3},
                          {1, 2, 9, true, 4},  {2, 3, 7, true, 5}, {3, 4, 9, true, 6},
                          {2, 2, 6, false, 7}, {1, 3, 20, true, 8}};
  for (const Shape& shape : shapes) {
    SCOPED_TRACE(shape.seed);
    Soak soak(shape);
    soak.Run(steps);
    ASSERT_FALSE(HasFailure());
    EXPECT_GT(soak.finished, static_cast<uint64_t>(steps) / 40);
    if (shape.num_blocks < 10) {
      EXPECT_GT(soak.preemptions(), static_cast<uint64_t>(steps) / 200)
          << "the pool was too large to show anything";
    }
    if (shape.prefix_cache) EXPECT_GT(soak.cached, static_cast<uint64_t>(steps) / 40);
  }
}

}  // namespace
}  // namespace baton
