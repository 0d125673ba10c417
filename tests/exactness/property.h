// The promise as a property: whatever a group is asked besides, however it is scheduled and
// whatever is taken away from whom, each request is answered as it is alone.
#ifndef BATON_TESTS_EXACTNESS_PROPERTY_H_
#define BATON_TESTS_EXACTNESS_PROPERTY_H_

#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "kernels/cpu/kernels.h"
#include "tests/exactness/coverage.h"
#include "tests/exactness/model_engine.h"
#include "tests/exactness/random_trial.h"
#include "tests/exactness/run_trial.h"
#include "tests/exactness/trial.h"
#include "tests/model/test_group.h"

namespace baton {

struct PropertyOptions {
  int threads = 1;                             // of each rank
  const CpuKernels* kernels = &BestKernels();  // of both, alone and in company
  Tamper tamper;                               // of plans in company
};

// Keeps groups and expected answers from one trial to the next.
class Property {
 public:
  explicit Property(TrialSpace space, PropertyOptions options = {});

  // What is wrong: the first request that was answered otherwise than alone, and how; "" if all is
  // well.
  std::string Check(const Trial& trial);
  // Checks the trial of a seed. If it fails, what is wrong, with the smallest trial that could be
  // made of it.
  std::string CheckSeed(uint64_t seed);

  // Of all trials that passed.
  const Coverage& coverage() const { return coverage_; }

 private:
  const TrialModel& Model(const std::string& name) const;
  TestGroup& Group(const Trial& trial);
  Alone& AloneFor(const Trial& trial);
  // Gives requests that follow others their prompts.
  void Resolve(Trial* trial);
  const RecordingSink& Expected(const Trial& trial, const EngineRequest& request);

  const TrialSpace space_;
  const PropertyOptions options_;
  using Key = std::tuple<std::string, int, int>;  // model, tp, pp
  std::map<Key, std::unique_ptr<TestGroup>> groups_;
  std::map<Key, std::unique_ptr<TestGroup>> alone_groups_;
  std::map<Key, std::unique_ptr<Alone>> alone_;
  std::map<std::string, std::shared_ptr<RecordingSink>> expected_;  // by model, tp and request
  Coverage coverage_;
};

// An environment variable's number, or what it is without.
uint64_t NumberFromEnvironment(const char* name, uint64_t without);

}  // namespace baton

#endif  // BATON_TESTS_EXACTNESS_PROPERTY_H_
