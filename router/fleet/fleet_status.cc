// What people and health checks see.
#include <set>
#include <utility>

#include "router/fleet/fleet.h"
#include "router/fleet/group_runtime.h"

namespace baton {

std::vector<GroupSnapshot> Fleet::Groups() const {
  MutexLock lock(&mu_);
  const std::vector<KnownModel> models = KnownModels();
  std::vector<GroupSnapshot> all;
  for (const auto& [name, g] : groups_) {
    const EngineSnapshot e = g->engine->Snapshot();
    GroupSnapshot s;
    s.name = name;
    s.state = g->group.state();
    for (const KnownModel& model : models) {
      if (model.context->digest == g->group.model_digest()) s.model = model.context->name;
    }
    if (g->model.has_value()) s.model = g->model->context->name;
    s.numerics_class = g->group.numerics_class();
    s.tp = g->group.tp();
    s.pp = g->group.pp();
    s.epoch = g->group.epoch();
    s.running = static_cast<uint32_t>(e.running);
    s.waiting = static_cast<uint32_t>(e.waiting);
    s.kv_blocks_used = e.blocks_used;
    s.kv_blocks_total = e.blocks_total;
    s.kv_block_size = g->group.Capacity().block_size;
    s.output_tokens_per_second = e.output_tokens_per_second;
    s.prompt_tokens_per_second = e.prompt_tokens_per_second;
    s.requests_finished = e.requests_finished;
    s.output_tokens = e.output_tokens;
    s.kv_blocks_cached = e.blocks_cached;
    s.cached_tokens = e.cached_tokens;
    s.preemptions = e.preemptions;
    s.idle_share = e.idle_share;
    s.ranks = g->group.Ranks();
    all.push_back(std::move(s));
  }
  return all;
}

bool Fleet::CanAnswer() const {
  MutexLock lock(&mu_);
  if (draining_) return false;
  std::set<absl::string_view> named;  // digests
  const std::map<std::string, KnownModel> models = MeaningOfNames(KnownModels());
  for (const auto& [name, model] : models) named.insert(model.context->digest);
  for (const auto& [name, g] : groups_) {
    if (g->group.state() == GroupState::kReady && named.count(g->group.model_digest()) > 0 &&
        !IsOverdue(*g))
      return true;
  }
  return false;
}

}  // namespace baton
