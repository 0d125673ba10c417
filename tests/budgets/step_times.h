// When a fake worker got its plans and gave its results, for one sequence and one plan at a time.
#ifndef BATON_TESTS_BUDGETS_STEP_TIMES_H_
#define BATON_TESTS_BUDGETS_STEP_TIMES_H_

#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/mutex.h"

namespace baton {

struct StepTime {
  bool continues = false;  // the plan was about the sequence of the step before
  absl::Time plan, result;
};

// Thread-safe.
class StepTimes {
 public:
  // A plan is there.
  void Plan(bool continues) {
    const absl::Time now = absl::Now();
    MutexLock lock(&mu_);
    steps_.push_back({continues, now, absl::InfiniteFuture()});
  }
  // The last plan's result is about to be sent.
  void Result() {
    const absl::Time now = absl::Now();
    MutexLock lock(&mu_);
    steps_.back().result = now;
  }
  std::vector<StepTime> steps() const {
    MutexLock lock(&mu_);
    return steps_;
  }

 private:
  mutable Mutex mu_;
  std::vector<StepTime> steps_ ABSL_GUARDED_BY(mu_);
};

}  // namespace baton

#endif  // BATON_TESTS_BUDGETS_STEP_TIMES_H_
