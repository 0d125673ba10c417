// A group of workers for tests of the router: it keeps slots as a worker does, refuses what a
// worker would refuse, and remembers what every position of every KV block holds, so that a block
// which is read with anything else in it than the reader's own prefix is found out. The token after
// a journal is a pure function of the journal and of how it is sampled.
#ifndef BATON_ROUTER_SCHEDULER_FAKE_GROUP_H_
#define BATON_ROUTER_SCHEDULER_FAKE_GROUP_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "router/scheduler/scheduler.h"
#include "router/scheduler/step.h"

namespace baton {

class FakeGroup {
 public:
  // `num_tokens`: tokens are 0 to num_tokens − 1, and `first_token` more than that.
  FakeGroup(const SchedulerOptions& options, int32_t num_tokens, int32_t first_token = 0)
      : options_(options),
        num_tokens_(num_tokens),
        first_token_(first_token),
        kv_(static_cast<size_t>(options.num_blocks) * options.block_size) {}

  int32_t NextToken(const std::vector<int32_t>& journal, const SequenceSampling& sampling) const;

  // Executes a plan and returns its result.
  StepResult Run(const StepPlan& plan);

  // The first thing that a worker would have refused, or that was read wrongly; "" if nothing.
  const std::string& fault() const { return fault_; }
  uint64_t tokens_computed() const { return tokens_computed_; }
  // Positions whose sample is refused, as if the logits were not numbers: the token before is this
  // one.
  void FailAfterToken(int32_t token) { failing_token_ = token; }

 private:
  struct Slot {
    std::vector<int32_t> tokens;
    std::vector<int32_t> blocks;
    uint32_t prompt_length = 0;
    uint32_t computed = 0;
    SequenceSampling sampling;
    uint64_t prefix = 0;  // names the tokens computed so far
  };

  void Fault(const std::string& what) {
    if (fault_.empty()) fault_ = what;
  }
  void Start(const PlannedStart& start);
  void Compute(Slot& slot, const PlannedWork& work);
  uint64_t& At(const Slot& slot, uint32_t position) {
    return kv_[static_cast<size_t>(slot.blocks[position / options_.block_size]) *
                   options_.block_size +
               position % options_.block_size];
  }

  const SchedulerOptions options_;
  const int32_t num_tokens_, first_token_;
  std::vector<uint64_t> kv_;  // names the prefix that ends at each position of each block
  std::map<uint32_t, Slot> slots_;
  uint64_t last_plan_ = 0;
  uint64_t tokens_computed_ = 0;
  int32_t failing_token_ = -1;
  std::string fault_;
};

}  // namespace baton

#endif  // BATON_ROUTER_SCHEDULER_FAKE_GROUP_H_
