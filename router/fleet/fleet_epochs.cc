// What a group's state machine asks for: epochs begin and end.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "router/fleet/fleet.h"
#include "router/fleet/group_runtime.h"
#include "router/fleet/random_words.h"
#include "spdlog/spdlog.h"

namespace baton {

void Fleet::Act(GroupRuntime& g, const Group::Actions& actions) {
  const auto link = [&g](AttachmentId id) { return g.links.at(id); };
  if (actions.superseded.has_value()) {
    attachments_.erase(*actions.superseded);
    link(*actions.superseded)->Close("the same process attached again");
    g.links.erase(*actions.superseded);
  }
  if (actions.end_epoch.has_value()) {
    spdlog::warn("group {}: epoch {} is over: {}", g.group.name(), actions.aborted_epoch,
                 *actions.end_epoch);
    g.SetEpochLinks(0, {});
    g.engine->EndEpoch(absl::UnavailableError(
        absl::StrCat("group ", g.group.name(), " was lost: ", *actions.end_epoch)));
  } else if (actions.aborted_epoch > 0) {
    spdlog::warn("group {}: epoch {} did not form: {}", g.group.name(), actions.aborted_epoch,
                 actions.abort_reason);
  }
  for (AttachmentId id : actions.abort) {
    link(id)->SendAbort(actions.aborted_epoch, actions.abort_reason);
  }
  if (!actions.form.empty()) {
    FormGroupOrder order;
    order.epoch = actions.epoch;
    order.rendezvous = RandomName(actions.epoch);
    order.num_blocks = actions.num_blocks;
    order.incarnations = actions.incarnations;
    for (AttachmentId id : actions.form) link(id)->SendFormGroup(order);
  }
  if (actions.start_epoch) {
    const RankCapacity capacity = g.group.Capacity();
    EpochInfo info;
    info.number = actions.epoch;
    info.numerics_class = g.group.numerics_class();
    info.scheduler = MakeSchedulerOptions(g.group);
    std::vector<std::shared_ptr<WorkerLink>> links;
    for (AttachmentId id : g.group.Attachments()) links.push_back(link(id));
    g.SetEpochLinks(actions.epoch, std::move(links));
    spdlog::info("group {}: epoch {} started with {} rank(s), {} KV blocks of {}", g.group.name(),
                 actions.epoch, g.links.size(), capacity.num_blocks, capacity.block_size);
    g.epoch_started = clock_->Now();
    g.engine->StartEpoch(std::move(info));
  }
}

SchedulerOptions Fleet::MakeSchedulerOptions(const Group& group) const {
  const RankCapacity capacity = group.Capacity();
  SchedulerOptions o;
  o.num_blocks = static_cast<int64_t>(capacity.num_blocks);
  o.block_size = capacity.block_size;
  o.max_step_tokens = std::min(options_.max_step_tokens, capacity.max_step_tokens);
  o.max_step_rows = capacity.max_step_rows;
  o.max_running = std::min(
      {options_.max_running, capacity.max_slots, capacity.max_step_rows, o.max_step_tokens});
  o.num_stages = group.pp();
  // All stages busy, and the next plan there when the first is free.
  o.max_in_flight = options_.run_ahead ? group.pp() + 1 : 1;
  o.prefix_cache = options_.prefix_cache;
  o.hash_key = hash_key_;
  for (const KnownModel& model : KnownModels()) {
    if (model.context->digest == group.model_digest() && model.context->vocab_size > 0)
      o.vocab_size = model.context->vocab_size;
  }
  return o;
}

}  // namespace baton
