// When a fake worker got its plans and gave its results. Written by the worker's and the router's
// threads, for one sequence and one plan at a time.
#ifndef BATON_TESTS_BUDGETS_STEP_TIMES_H_
#define BATON_TESTS_BUDGETS_STEP_TIMES_H_

#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/mutex.h"

namespace baton {

// Thread-safe.
class StepTimes {
 public:
  // A plan is there; `continues`: it is about the sequence of the result before.
  void Plan(bool continues) {
    MutexLock lock(&mu_);
    plan_ = absl::Now();
    if (continues) gaps_.push_back(absl::ToDoubleMicroseconds(plan_ - result_));
  }
  // A result is about to be sent.
  void Result() {
    MutexLock lock(&mu_);
    result_ = absl::Now();
  }
  absl::Time plan() const {
    MutexLock lock(&mu_);
    return plan_;
  }
  absl::Time result() const {
    MutexLock lock(&mu_);
    return result_;
  }
  // Microseconds from each result to the next plan.
  std::vector<double> gaps() const {
    MutexLock lock(&mu_);
    return gaps_;
  }

 private:
  mutable Mutex mu_;
  absl::Time plan_ ABSL_GUARDED_BY(mu_), result_ ABSL_GUARDED_BY(mu_);
  std::vector<double> gaps_ ABSL_GUARDED_BY(mu_);
};

}  // namespace baton

#endif  // BATON_TESTS_BUDGETS_STEP_TIMES_H_
