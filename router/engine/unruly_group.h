// A group for tests that answers plans on a thread of its own: late at times, also when their epoch
// is over, sometimes twice or with a token that there is not, but never with a wrong one.
#ifndef BATON_ROUTER_ENGINE_UNRULY_GROUP_H_
#define BATON_ROUTER_ENGINE_UNRULY_GROUP_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "common/mutex.h"
#include "gtest/gtest.h"
#include "router/engine/engine.h"
#include "router/engine/engine_core.h"
#include "router/engine/exercise_counts.h"
#include "router/scheduler/fake_group.h"
#include "router/scheduler/step.h"

namespace baton {

class UnrulyGroup : public PlanSink {
 public:
  // Each epoch begins with a copy of `fresh`. `counts` must outlive it.
  UnrulyGroup(const FakeGroup& fresh, uint64_t seed, ExerciseCounts* counts)
      : fresh_(fresh), counts_(counts), rng_(seed), thread_([this] { Run(); }) {}
  ~UnrulyGroup() override {
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
      group_ = std::make_unique<FakeGroup>(fresh_);
    }
    last_result_ = group_->Run(plan);
    EXPECT_EQ(group_->fault(), "");
    if (OneIn(10)) std::this_thread::sleep_for(std::chrono::microseconds(rng_() % 300));
    if (OneIn(500)) {
      counts_->Add("results sent twice");
      engine.PostResult(epoch, last_result_);
    }
    if (OneIn(500) && !last_result_.rows.empty()) {
      counts_->Add("strange tokens sent");
      StepResult strange = last_result_;
      strange.rows[0].token = -1;
      engine.PostResult(epoch, std::move(strange));
    }
    engine.PostResult(epoch, last_result_);
    engine.TakeTurn();
  }

  bool OneIn(uint64_t n) { return rng_() % n == 0; }

  const FakeGroup fresh_;
  ExerciseCounts* const counts_;
  Mutex mu_;
  CondVar posted_;
  std::weak_ptr<Engine> engine_ ABSL_GUARDED_BY(mu_);
  std::deque<std::pair<uint64_t, StepPlan>> plans_ ABSL_GUARDED_BY(mu_);
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  // Of the thread.
  std::mt19937_64 rng_;
  uint64_t epoch_ = 0;
  StepResult last_result_;
  std::unique_ptr<FakeGroup> group_;
  std::thread thread_;
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_UNRULY_GROUP_H_
