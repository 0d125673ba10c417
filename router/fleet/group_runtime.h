// One group of a fleet with its engine and links: what the files of Fleet (fleet*.cc) share.
#ifndef BATON_ROUTER_FLEET_GROUP_RUNTIME_H_
#define BATON_ROUTER_FLEET_GROUP_RUNTIME_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "common/mutex.h"
#include "router/engine/engine.h"
#include "router/engine/engine_core.h"
#include "router/fleet/fleet.h"
#include "router/fleet/group.h"
#include "router/fleet/model_names.h"
#include "router/fleet/prefix_index.h"
#include "router/fleet/worker_link.h"
#include "router/scheduler/step.h"

namespace baton {

// The engine's turns send plans through it.
struct Fleet::GroupRuntime : public PlanSink {
  GroupRuntime(Fleet* f, const std::string& name, Group formed)
      : fleet(f),
        prefix_index(f->prefix_index_),
        index_slot(prefix_index->Join()),
        group(std::move(formed)),
        engine(
            std::make_unique<Engine>(name, f->options_.engine, f->clock_, this,
                                     [fleet = f, name](uint64_t epoch, const absl::Status& status) {
                                       fleet->FailEpoch(name, epoch, std::string(status.message()));
                                     })) {}
  ~GroupRuntime() override {
    engine.reset();  // whose thread tells the index
    prefix_index->Leave(index_slot);
  }

  void SendPlan(uint64_t epoch, const StepPlan& plan) override {
    std::vector<std::shared_ptr<WorkerLink>> to;
    {
      MutexLock lock(&links_mu);
      if (epoch != links_epoch) return;
      to = epoch_links;
    }
    for (const auto& link : to) link->SendPlan(epoch, plan);
  }

  void OnIndexChanges(const std::vector<IndexChange>& changes) override {
    prefix_index->Apply(index_slot, changes);
  }
  void OnIndexLost() override { prefix_index->Forget(index_slot); }

  void SetEpochLinks(uint64_t epoch, std::vector<std::shared_ptr<WorkerLink>> links) {
    MutexLock lock(&links_mu);
    links_epoch = epoch;
    epoch_links = std::move(links);
  }

  Fleet* const fleet;
  const std::shared_ptr<PrefixIndex> prefix_index;  // a request's handle may outlive the fleet
  const size_t index_slot;

  // Guarded by the fleet's mutex.
  Group group;
  std::map<AttachmentId, std::shared_ptr<WorkerLink>> links;
  uint64_t requests = 0;
  absl::optional<KnownModel> model;  // that a worker brought; of the group's digest
  absl::Time epoch_started = absl::InfiniteFuture();  // when the engine was told of the epoch

  // What the engine's turns need, apart from the fleet's mutex.
  Mutex links_mu;
  uint64_t links_epoch ABSL_GUARDED_BY(links_mu) = 0;
  std::vector<std::shared_ptr<WorkerLink>> epoch_links ABSL_GUARDED_BY(links_mu);

  std::unique_ptr<Engine> engine;  // last: its thread uses what is above
};

}  // namespace baton

#endif  // BATON_ROUTER_FLEET_GROUP_RUNTIME_H_
