// A whole group of workers in one process: one ModelRunner for each rank, connected by Local or Shm
// communicators, stepping in lockstep.
#ifndef BATON_TESTS_MODEL_TEST_GROUP_H_
#define BATON_TESTS_MODEL_TEST_GROUP_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kernels/cpu/kernels.h"
#include "worker/model/gguf_file.h"
#include "worker/model/model_config.h"
#include "worker/runner/model_runner.h"

namespace baton {

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
};

// Creation and Step die on failure: tests have nothing to do without them.
class TestGroup {
 public:
  TestGroup(const std::string& model_path, const TestGroupOptions& options);

  // Runs one plan on every rank; the sampling rank's output.
  StepOutput Step(const Plan& plan);
  // The logits of the last step's row.
  std::vector<float> Logits(int row) const;
  const ModelConfig& config() const { return config_; }
  ModelRunner& sampler() { return *runners_[root_]; }

 private:
  std::unique_ptr<GgufFile> file_;
  ModelConfig config_;
  std::vector<std::unique_ptr<ModelRunner>> runners_;
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
