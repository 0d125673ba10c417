#include "router/api/cluster_proto.h"

#include "absl/time/time.h"

namespace baton {
namespace {

v1::GroupState StateProto(GroupState state) {
  switch (state) {
    case GroupState::kIncomplete:
      return v1::GROUP_STATE_INCOMPLETE;
    case GroupState::kLoading:
      return v1::GROUP_STATE_LOADING;
    case GroupState::kForming:
      return v1::GROUP_STATE_FORMING;
    case GroupState::kReady:
      return v1::GROUP_STATE_READY;
  }
  return v1::GROUP_STATE_UNSPECIFIED;
}

void SetRank(const RankSnapshot& from, v1::RankStatus* to) {
  to->set_rank(from.rank);
  to->set_pid(from.pid);
  to->set_host(from.host);
  to->set_incarnation(from.incarnation);
  to->set_loaded(from.loaded);
  to->set_weight_bytes(from.weight_bytes);
  to->set_kv_bytes(from.kv_bytes);
  to->set_workspace_bytes(from.workspace_bytes);
  to->set_shard(from.shard);
}

void SetGroup(const GroupSnapshot& from, v1::GroupStatus* to) {
  to->set_name(from.name);
  to->set_state(StateProto(from.state));
  to->set_model(from.model);
  to->set_numerics_class(from.numerics_class);
  to->set_tp(from.tp);
  to->set_pp(from.pp);
  to->set_epoch(from.epoch);
  to->set_running(from.running);
  to->set_waiting(from.waiting);
  to->set_kv_blocks_used(from.kv_blocks_used);
  to->set_kv_blocks_total(from.kv_blocks_total);
  to->set_kv_block_size(from.kv_block_size);
  to->set_output_tokens_per_second(from.output_tokens_per_second);
  to->set_prompt_tokens_per_second(from.prompt_tokens_per_second);
  to->set_requests_finished(from.requests_finished);
  to->set_output_tokens(from.output_tokens);
  to->set_kv_blocks_cached(from.kv_blocks_cached);
  to->set_cached_tokens(from.cached_tokens);
  to->set_preemptions(from.preemptions);
  to->set_idle_share(from.idle_share);
  for (const RankSnapshot& rank : from.ranks) SetRank(rank, to->add_ranks());
}

}  // namespace

v1::GetClusterStatusResponse ClusterStatusProto(const Cluster& cluster,
                                                const std::string& version) {
  v1::GetClusterStatusResponse response;
  response.set_version(version);
  response.set_router_incarnation(cluster.incarnation());
  response.set_uptime_seconds(absl::ToDoubleSeconds(cluster.uptime()));
  for (const GroupSnapshot& group : cluster.Groups()) SetGroup(group, response.add_groups());
  return response;
}

v1::Model ModelProto(const ModelServing& serving) {
  v1::Model model;
  model.set_name(serving.model->name);
  model.set_digest(serving.model->digest);
  model.set_architecture(serving.model->architecture);
  model.set_vocab_size(static_cast<uint32_t>(serving.model->vocab_size));
  model.set_max_model_len(serving.max_model_len);
  for (const int32_t id : serving.model->end_token_ids) {
    model.add_end_token_ids(static_cast<uint32_t>(id));
  }
  model.set_has_chat_template(serving.model->chat_template != nullptr);
  for (const std::string& name : serving.numerics_classes) model.add_numerics_classes(name);
  return model;
}

}  // namespace baton
