// Runs plans on one rank: slots, ragged batches, the forward pass, sampling, and the return of
// sampled tokens to all ranks.
#ifndef BATON_WORKER_RUNNER_MODEL_RUNNER_H_
#define BATON_WORKER_RUNNER_MODEL_RUNNER_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/mutex.h"
#include "kernels/device.h"
#include "kernels/ops.h"
#include "worker/comm/communicator.h"
#include "worker/model/gguf_file.h"
#include "worker/model/kv_cache.h"
#include "worker/model/model_config.h"
#include "worker/model/shard.h"
#include "worker/model/transformer.h"
#include "worker/model/weights.h"
#include "worker/runner/plan.h"
#include "worker/runner/slot_table.h"
#include "worker/runner/step_trace.h"

namespace baton {

struct RunnerOptions {
  Parallelism parallelism;
  std::vector<int64_t> stage_ends;  // empty: balanced
  WeightOptions weights;
  KvCacheOptions kv;
  int64_t num_blocks = 0;  // 0: as many as kv_memory holds
  int64_t kv_memory = int64_t{512} << 20;
  uint32_t max_slots = 64;
  uint32_t max_step_tokens = 512;
  uint32_t max_step_rows = 64;
  uint32_t max_model_len = 0;        // 0: the model's context length
  bool keep_logits = false;          // StepLogits may be called; for tests and measurements
  std::shared_ptr<StepTrace> trace;  // null: none
};

// How many buffers `GroupCommunicators::all` must have: samples go over it, and the sampling rank
// is ahead of the others by as many plans as are under way.
constexpr int kSampleBuffers = 16;

// The communicators of one epoch. `all` connects every rank of the group by rank; `tp` those of a
// stage by tp rank; `pp` those of a tensor-parallel rank by stage.
struct GroupCommunicators {
  std::unique_ptr<Communicator> all, tp, pp;
  void Abort(const absl::Status& reason);
  // How long this rank has waited for others so far.
  std::chrono::nanoseconds waited() const;
};

// Several plans may be in flight: they run in the order they were launched, on a thread of the
// runner's own. A plan may compute tokens that an earlier one samples. The sampling rank (the last
// stage's first) tells the others what it sampled; they take it when a plan of theirs needs it, so
// that stages work on different plans at the same time.
//
// Wait may be called on another thread than the rest, which is for one thread. Abort of the
// communicators may come from any thread.
class ModelRunner {
 public:
  using Ticket = uint64_t;

  // Loads this rank's weights and allocates its KV cache and workspace. `file` and `config` must
  // outlive the runner.
  static absl::StatusOr<std::unique_ptr<ModelRunner>> Create(
      const GgufFile& file, const ModelConfig& config, const RunnerOptions& options,
      std::unique_ptr<Device> device, std::unique_ptr<Ops> ops,
      const std::function<void(int64_t done, int64_t total)>& progress);
  ~ModelRunner();

  // Starts an epoch: all slots are free, the pool has `num_blocks` (at most this rank's own). Every
  // ticket must have been waited for.
  void StartEpoch(std::shared_ptr<GroupCommunicators> communicators, int64_t num_blocks);

  // Accepts a plan; several may be in flight. Its errors, a refused plan included, come from Wait.
  absl::StatusOr<Ticket> Launch(Plan plan);
  // Waits for a launched step; each ticket once, in order. Ranks other than the sampling one know
  // no tokens yet. After an error the epoch is lost: every step gives that error until StartEpoch.
  absl::StatusOr<StepOutput> Wait(Ticket ticket);

  // The logits of the last step's rows [rows, vocab]; needs keep_logits; on the sampling rank only.
  const std::vector<float>& StepLogits() const { return kept_logits_; }

  const Shard& shard() const { return shard_; }
  const PlanLimits& limits() const { return slots_->limits(); }
  int64_t weight_bytes() const { return weights_->num_bytes(); }
  int64_t kv_bytes() const { return kv_.num_bytes(); }
  int64_t workspace_bytes() const { return workspace_bytes_; }
  int64_t num_blocks() const { return kv_.view().num_blocks; }

 private:
  struct Job {
    Ticket ticket;
    Plan plan;
    TracedStep::Time launched;
  };

  ModelRunner(const ModelConfig& config, const RunnerOptions& options)
      : config_(config), options_(options) {}
  void Run();
  void Trace(const Job& job, TracedStep step) const;
  absl::StatusOr<StepOutput> Execute(const Plan& plan);
  absl::Status Forward(const Plan& plan);
  absl::Status Sample(const Plan& plan, StepOutput* output);
  // Tells the other ranks, or notes what is to be received from the sampling one.
  absl::Status ShareSamples(const Plan& plan, const StepOutput& output);
  // Receives the oldest plan's samples that are still to come.
  absl::Status ReceiveSamples();
  bool is_sampler() const {
    return shard_.parallelism.rank == (shard_.parallelism.pp - 1) * shard_.parallelism.tp;
  }

  const ModelConfig& config_;
  const RunnerOptions options_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<Ops> ops_;
  std::unique_ptr<Stream> stream_;
  Shard shard_;
  std::unique_ptr<ModelWeights> weights_;
  KvCache kv_;
  int64_t workspace_bytes_ = 0;
  std::unique_ptr<Transformer> transformer_;

  // Of the computing thread while steps are in flight.
  std::unique_ptr<SlotTable> slots_;
  std::shared_ptr<GroupCommunicators> communicators_;
  absl::Status epoch_status_;                     // not OK: a step failed
  std::deque<std::vector<SamplePlace>> unknown_;  // by plan, oldest first: samples to be received
  std::vector<int32_t> samples_;                  // to be told
  std::vector<float> kept_logits_;
  std::vector<SampleRow> sample_rows_;
  std::vector<SampleResult> sample_results_;
  std::vector<int32_t> ids_, positions_, slot_mapping_, q_offsets_, first_positions_, rows_;
  std::vector<const int32_t*> block_tables_;

  Mutex mu_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  Ticket next_ticket_ ABSL_GUARDED_BY(mu_) = 1;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mu_);  // the first one may be running
  std::deque<std::pair<Ticket, absl::StatusOr<StepOutput>>> done_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

}  // namespace baton

#endif  // BATON_WORKER_RUNNER_MODEL_RUNNER_H_
