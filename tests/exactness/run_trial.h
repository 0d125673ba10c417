// Runs trials, and requests alone.
#ifndef BATON_TESTS_EXACTNESS_RUN_TRIAL_H_
#define BATON_TESTS_EXACTNESS_RUN_TRIAL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "router/engine/recording_sink.h"
#include "router/tokenizer/tokenizer.h"
#include "tests/exactness/coverage.h"
#include "tests/exactness/model_engine.h"
#include "tests/exactness/trial.h"
#include "tests/model/test_group.h"

namespace baton {

struct TrialOutcome {
  // What went wrong apart from what was answered: a plan was refused, a request never ended; "" if
  // nothing.
  std::string fault;
  std::vector<std::shared_ptr<RecordingSink>> answers;  // by request
  Coverage coverage;
};

// `group` has the trial's layout.
TrialOutcome RunTrial(const Trial& trial, TestGroup* group,
                      const std::shared_ptr<const Tokenizer>& tokenizer,
                      const Tamper& tamper = nullptr);

// What a request is to be answered: alone, one choice after the other, one plan at a time, the
// prompt in one piece, nothing cached and memory for everything.
class Alone {
 public:
  // `group`, of one stage, must outlive this and be used by nobody else.
  Alone(TestGroup* group, std::shared_ptr<const Tokenizer> tokenizer);
  std::shared_ptr<RecordingSink> Run(const EngineRequest& request);

 private:
  const std::shared_ptr<const Tokenizer> tokenizer_;
  ModelEngine engine_;
  uint64_t next_id_ = 1;
};

// What all groups of these tests are made for.
TestGroupOptions GroupLimits(int tp, int pp);

}  // namespace baton

#endif  // BATON_TESTS_EXACTNESS_RUN_TRIAL_H_
