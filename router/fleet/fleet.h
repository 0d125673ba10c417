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
#include "router/fleet/worker_link.h"

namespace baton {

struct FleetOptions {
  uint32_t max_running = 64;
  uint32_t max_step_tokens = 512;
  uint32_t max_model_len = 0;  // 0: what the workers allow
  uint32_t max_queue_requests = 1024;
  uint64_t max_queue_tokens = 1 << 20;
  // A group whose plan has been without a result for longer is taken for one that cannot answer.
  absl::Duration stall_limit = absl::Seconds(15);
};

// Thread-safe.
class Fleet : public Cluster {
 public:
  // `clock` must outlive the fleet.
  Fleet(const FleetOptions& options, const Clock* clock);
  ~Fleet() override;

  // --- Workers, told by their streams.
  // FAILED_PRECONDITION when the worker does not fit; its stream is then to be refused with that
  // status.
  absl::StatusOr<AttachmentId> Attach(const std::string& group, const RankHello& hello,
                                      std::shared_ptr<WorkerLink> link);
  // A model that clients may name from now on; the first of a digest counts.
  void AddModel(std::shared_ptr<const ModelContext> model);
  void Progress(AttachmentId id, uint64_t done, uint64_t total);
  void Loaded(AttachmentId id, const RankCapacity& capacity);
  void Ready(AttachmentId id, uint64_t epoch);
  void Result(AttachmentId id, uint64_t epoch, StepResult result);
  void EpochFailed(AttachmentId id, uint64_t epoch, const std::string& reason);
  void Detach(AttachmentId id, const std::string& reason);

  // --- Cluster.
  absl::StatusOr<ModelServing> FindModel(absl::string_view name) const override;
  std::vector<ModelServing> Models() const override;
  std::function<void()> Submit(std::shared_ptr<const ModelContext> model, EngineRequest request,
                               std::shared_ptr<RequestSink> sink) override;
  std::vector<GroupSnapshot> Groups() const override;
  uint64_t incarnation() const override { return incarnation_; }
  absl::Duration uptime() const override { return clock_->Now() - started_; }

  // Whether some group is ready and makes progress.
  bool CanAnswer() const;
  // No new requests from now on; those that are here go on.
  void StopAccepting();
  // No new requests; those that have begun end with FinishReason::kDrain.
  void DrainNow();
  bool Idle() const;
  // Ends the streams of all workers, and of those that attach from now on: they have no end of
  // their own, and a server waits for all its streams. After DrainNow.
  void CloseLinks();

 private:
  struct GroupRuntime;

  void Act(GroupRuntime& g, const Group::Actions& actions) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  GroupRuntime* FindRuntime(AttachmentId id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  ModelServing Serving(const std::shared_ptr<const ModelContext>& model) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FailEpoch(const std::string& group, uint64_t epoch, const std::string& reason);
  void RunTicks();

  const FleetOptions options_;
  const Clock* const clock_;
  const uint64_t incarnation_;
  const absl::Time started_;

  mutable Mutex mu_;
  CondVar stopped_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  bool links_closed_ ABSL_GUARDED_BY(mu_) = false;
  uint64_t next_epoch_ ABSL_GUARDED_BY(mu_) = 0;
  AttachmentId next_attachment_ ABSL_GUARDED_BY(mu_) = 1;
  uint64_t next_request_ ABSL_GUARDED_BY(mu_) = 1;
  std::map<std::string, std::unique_ptr<GroupRuntime>> groups_ ABSL_GUARDED_BY(mu_);
  std::map<AttachmentId, std::string> attachments_ ABSL_GUARDED_BY(mu_);  // to the group's name
  std::map<std::string, std::shared_ptr<const ModelContext>> models_
      ABSL_GUARDED_BY(mu_);  // by name
  std::thread ticker_;
};

}  // namespace baton

#endif  // BATON_ROUTER_FLEET_FLEET_H_
