// All groups of this router: who is attached, which models they serve, and an engine for each. Ties
// the group state machines to links, engines and time.
#ifndef BATON_ROUTER_FLEET_FLEET_H_
#define BATON_ROUTER_FLEET_FLEET_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "router/engine/engine.h"
#include "router/fleet/cluster.h"
#include "router/fleet/group.h"
#include "router/fleet/model_context.h"
#include "router/fleet/model_names.h"
#include "router/fleet/prefix_index.h"
#include "router/fleet/routing_policy.h"
#include "router/fleet/worker_link.h"

namespace baton {

struct FleetOptions {
  uint32_t max_running = 64;
  uint32_t max_step_tokens = 512;
  uint32_t max_model_len = 0;  // 0: what the workers allow
  EngineOptions engine;
  RoutingPolicy routing = RoutingPolicy::kPrefixAffinity;
  bool prefix_cache = true;
  bool run_ahead = true;  // plans are sent before the result of the one before is back
  // A plan that has been without a result for so long ends its group's epoch. More than zero.
  absl::Duration stall_limit = absl::Seconds(15);
  // How long a group without any rank stays listed, and its model known.
  absl::Duration forget_group_after = absl::Seconds(60);
  // How often Tick is called; the infinite duration leaves it to the owner.
  absl::Duration tick_interval = absl::Milliseconds(50);
};

// The most groups at once: each has a thread. Those without a rank make room for a new one.
constexpr size_t kMaxGroups = 256;
static_assert(kMaxGroups <= kMaxIndexedGroups, "each has a place in the prefix index");

// Thread-safe.
//
// Which models clients can name, and which of two digests a name means, is said in model_names.h.
// A request goes to a group of the digest that its name meant when it came.
class Fleet : public Cluster {
 public:
  // `clock` must outlive the fleet.
  Fleet(const FleetOptions& options, const Clock* clock);
  ~Fleet() override;

  // A model that clients may name for ever.
  void AddModel(std::shared_ptr<const ModelContext> model);

  // --- Workers, told by their streams.
  // `model` describes the model of the worker's digest; null when the worker brought none. On
  // failure nothing is left of the attempt and the stream is to be ended with the status:
  // INVALID_ARGUMENT when the group's name is none, FAILED_PRECONDITION when the worker does not
  // fit, UNAVAILABLE while another process is attached as its rank, RESOURCE_EXHAUSTED when there
  // are kMaxGroups already. After the first two it need not come again.
  absl::StatusOr<AttachmentId> Attach(const std::string& group, const RankHello& hello,
                                      std::shared_ptr<const ModelContext> model,
                                      std::shared_ptr<WorkerLink> link);
  void Progress(AttachmentId id, uint64_t done, uint64_t total);
  // FAILED_PRECONDITION when it does not fit its group: its stream is to be ended with the status.
  absl::Status Loaded(AttachmentId id, const RankCapacity& capacity);
  void Ready(AttachmentId id, uint64_t epoch);
  void Result(AttachmentId id, uint64_t epoch, StepResult result);
  void EpochFailed(AttachmentId id, uint64_t epoch, const std::string& reason);
  void Detach(AttachmentId id, const std::string& reason);

  // --- Cluster.
  absl::StatusOr<ModelServing> FindModel(absl::string_view name) const override;
  std::vector<ModelServing> Models() const override;
  RequestHandle Submit(std::shared_ptr<const ModelContext> model, EngineRequest request,
                       std::shared_ptr<RequestSink> sink) override;
  std::vector<GroupSnapshot> Groups() const override;
  uint64_t incarnation() const override { return incarnation_; }
  absl::Duration uptime() const override { return clock_->Now() - started_; }

  // Whether some group is ready, makes progress, and serves what a name means.
  bool CanAnswer() const;
  // Time passed: forms groups again, ends epochs whose plan is overdue, forgets groups.
  void Tick();
  // No new requests from now on; those that are here go on.
  void StopAccepting();
  // No new requests; those that have begun end with FinishReason::kDrain.
  void DrainNow();
  bool Idle() const;
  // Ends the streams of all workers, and of those that attach from now on: they have no end of
  // their own, and a server waits for all its streams. After DrainNow.
  void CloseLinks();

 private:
  static constexpr char kShuttingDown[] = "the router is shutting down";
  struct GroupRuntime;  // group_runtime.h
  using Runtimes = std::vector<std::shared_ptr<GroupRuntime>>;

  // Takes groups out that have had no rank for `at_least` and have no request left. Destroy the
  // result without the lock: engines' threads end, which may be waiting for it.
  Runtimes TakeEmptyGroups(absl::Duration at_least) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool IsOverdue(const GroupRuntime& g) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SetModel(GroupRuntime& g, std::shared_ptr<const ModelContext> model)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<KnownModel> KnownModels() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Act(GroupRuntime& g, const Group::Actions& actions) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  GroupRuntime* FindRuntime(AttachmentId id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  ModelServing Serving(const std::shared_ptr<const ModelContext>& model) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The groups that can run a request of so many tokens, or why there is none.
  Runtimes Candidates(const ModelContext& model, uint64_t tokens, std::string* missing) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Those whose queues are not closed, or all if all are.
  Runtimes OpenOnes(Runtimes candidates) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  const std::shared_ptr<GroupRuntime>& Pick(const Runtimes& candidates, uint64_t tokens,
                                            const std::vector<BlockHash>& hashes,
                                            uint32_t block_size) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  SchedulerOptions MakeSchedulerOptions(const Group& group) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FailEpoch(const std::string& group, uint64_t epoch, const std::string& reason);
  void RunTicks();

  const FleetOptions options_;
  const Clock* const clock_;
  const uint64_t incarnation_;
  const BlockHashKey hash_key_;
  const absl::Time started_;

  const std::shared_ptr<PrefixIndex> prefix_index_ = std::make_shared<PrefixIndex>();

  mutable Mutex mu_;
  CondVar stopped_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  bool links_closed_ ABSL_GUARDED_BY(mu_) = false;
  uint64_t next_epoch_ ABSL_GUARDED_BY(mu_) = 0;
  AttachmentId next_attachment_ ABSL_GUARDED_BY(mu_) = 1;
  uint64_t next_request_ ABSL_GUARDED_BY(mu_) = 1;
  uint64_t next_model_ ABSL_GUARDED_BY(mu_) = 1;
  std::map<std::string, std::shared_ptr<GroupRuntime>> groups_ ABSL_GUARDED_BY(mu_);
  std::map<AttachmentId, std::string> attachments_ ABSL_GUARDED_BY(mu_);  // to the group's name
  std::vector<KnownModel> given_models_ ABSL_GUARDED_BY(mu_);             // by AddModel
  std::thread ticker_;
};

}  // namespace baton

#endif  // BATON_ROUTER_FLEET_FLEET_H_
