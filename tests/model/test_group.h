// A whole group of workers in one process: one ModelRunner for each rank, connected by Local or Shm
// communicators, stepping in lockstep.
#ifndef BATON_TESTS_MODEL_TEST_GROUP_H_
#define BATON_TESTS_MODEL_TEST_GROUP_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kernels/cpu/kernels.h"
#include "kernels/device.h"
#include "kernels/ops.h"
#include "worker/model/gguf_file.h"
#include "worker/model/model_config.h"
#include "worker/runner/model_runner.h"

namespace baton {

// What a rank computes with.
struct TestBackend {
  std::unique_ptr<Device> device;
  std::unique_ptr<Ops> ops;
};

struct TestGroupOptions {
  int tp = 1;
  int pp = 1;
  std::vector<int64_t> stage_ends;  // empty: balanced
  int threads = 1;                  // of each rank
  bool shm = false;                 // else Local
  bool as_f32 = false;              // the float32 reference
  DType kv = DType::kF16;
  int64_t num_blocks = 256;
  uint32_t max_step_tokens = 512;
  uint32_t max_step_rows = 64;
  uint32_t max_slots = 64;
  const CpuKernels* kernels = &BestKernels();
  std::function<TestBackend()> backend;  // set: instead of the CPU with those kernels
};

// Creation and Step die on failure: tests have nothing to do without them.
class TestGroup {
 public:
  TestGroup(const std::string& model_path, const TestGroupOptions& options);
  ~TestGroup();

  // Gives up what is in flight and begins a new epoch: no slot is in use, the pool has `num_blocks`
  // (at most those of the options), and they hold what they held.
  void StartEpoch(int64_t num_blocks);
  // Runs one plan on every rank; the sampling rank's output. Nothing else may be in flight.
  StepOutput Step(const Plan& plan);
  // Hands a plan to every rank and does not wait for it.
  void Launch(const Plan& plan);
  // The sampling rank's output of the oldest plan in flight, once all ranks are through with it.
  // After an error of any rank every plan gives an error, until StartEpoch.
  absl::StatusOr<StepOutput> Wait();
  size_t num_in_flight() const { return in_flight_.size(); }
  // The logits of the last step's row.
  std::vector<float> Logits(int row) const;
  const ModelConfig& config() const { return config_; }
  ModelRunner& sampler() { return *runners_[root_]; }

 private:
  std::unique_ptr<GgufFile> file_;
  ModelConfig config_;
  const TestGroupOptions options_;
  std::vector<std::unique_ptr<ModelRunner>> runners_;
  std::vector<std::shared_ptr<GroupCommunicators>> communicators_;  // by rank
  std::deque<std::vector<ModelRunner::Ticket>> in_flight_;          // by plan, by rank
  int root_;
};

// A plan under construction.
class PlanBuilder {
 public:
  // Starts `slot` with a journal and enough blocks, from `first_block` on, for `capacity`
  // positions.
  PlanBuilder& Start(uint32_t slot, const std::vector<int32_t>& tokens, int32_t first_block,
                     uint32_t capacity);
  // Computes `count` tokens of the slot from `position`; wants logits at every one of `rows`.
  PlanBuilder& Work(uint32_t slot, uint32_t position, uint32_t count,
                    const std::vector<uint32_t>& rows = {}, bool sample_last = false);
  PlanBuilder& End(uint32_t slot);
  Plan plan;
};

// Where the quick start's model is: $BATON_MODEL, or the cache that scripts/fetch_model.sh fills;
// "" when it is not there.
std::string RealModelPath();

}  // namespace baton

#endif  // BATON_TESTS_MODEL_TEST_GROUP_H_
