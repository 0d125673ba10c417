// The cluster as the public API sees it: models, requests in, status out. Implemented by the fleet;
// tests use a fake.
#ifndef BATON_ROUTER_FLEET_CLUSTER_H_
#define BATON_ROUTER_FLEET_CLUSTER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "router/engine/request.h"
#include "router/fleet/model_context.h"

namespace baton {

// What the groups that serve a model can take now.
struct ModelServing {
  std::shared_ptr<const ModelContext> model;
  uint32_t max_model_len =
      0;  // the most tokens of one request, prompt and output; limited by context and options
  uint64_t max_kv_tokens =
      0;  // the most tokens that the largest group's KV memory holds; 0: no group is ready
  std::vector<std::string> numerics_classes;
};

enum class GroupState { kIncomplete, kLoading, kForming, kReady };

struct RankSnapshot {
  uint32_t rank = 0;
  uint32_t pid = 0;
  std::string host;
  uint64_t incarnation = 0;
  double loaded = 0;  // share of the weights, 0 to 1
  uint64_t weight_bytes = 0, kv_bytes = 0, workspace_bytes = 0;
  std::string shard;
};

struct GroupSnapshot {
  std::string name;
  GroupState state = GroupState::kIncomplete;
  std::string model;
  std::string numerics_class;
  uint32_t tp = 0, pp = 0;
  uint64_t epoch = 0;
  uint32_t running = 0, waiting = 0;
  uint64_t kv_blocks_used = 0, kv_blocks_total = 0;
  uint32_t kv_block_size = 0;
  double output_tokens_per_second = 0, prompt_tokens_per_second = 0;
  uint64_t requests_finished = 0, output_tokens = 0;
  uint64_t kv_blocks_cached = 0, cached_tokens = 0, preemptions = 0;
  double idle_share = 0;
  std::vector<RankSnapshot> ranks;
};

// Thread-safe.
class Cluster {
 public:
  virtual ~Cluster() = default;

  // The model of that name; "" means the only one. NOT_FOUND names the model and those served;
  // UNAVAILABLE when no model is known yet; INVALID_ARGUMENT when "" is ambiguous.
  virtual absl::StatusOr<ModelServing> FindModel(absl::string_view name) const = 0;
  virtual std::vector<ModelServing> Models() const = 0;

  // Hands a request to a group that serves `model`; never blocks. Its events, a refusal included,
  // go to `sink`, on other threads and possibly before this returns. The handle's functions may be
  // called at any time, from any thread, any number of times; after `cancel` the sink gets at most
  // the events already under way and then OnError(CANCELLED), unless it ended.
  virtual RequestHandle Submit(std::shared_ptr<const ModelContext> model, EngineRequest request,
                               std::shared_ptr<RequestSink> sink) = 0;

  virtual std::vector<GroupSnapshot> Groups() const = 0;
  virtual uint64_t incarnation() const = 0;
  virtual absl::Duration uptime() const = 0;
};

}  // namespace baton

#endif  // BATON_ROUTER_FLEET_CLUSTER_H_
