#include "router/fleet/fleet.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_macros.h"
#include "router/fleet/routing_policy.h"
#include "spdlog/spdlog.h"

namespace baton {
namespace {

constexpr char kShuttingDown[] = "the router is shutting down";

uint64_t RandomWord() {
  static std::atomic<uint64_t> salt{0};
  std::random_device device;
  return (uint64_t{device()} << 32 | device()) + salt++;
}

// Nobody but the ranks that are told can guess it.
std::string RandomName(uint64_t epoch) {
  return absl::StrCat(absl::Hex(RandomWord(), absl::kZeroPad16),
                      absl::Hex(RandomWord(), absl::kZeroPad16), ".", epoch);
}

}  // namespace

// One group with its engine and links. The engine's thread sends plans through it.
struct Fleet::GroupRuntime : public PlanSink {
  GroupRuntime(Fleet* fleet, const std::string& name)
      : group(name),
        engine(std::make_shared<Engine>(
            name, fleet->clock_, this, [fleet, name](uint64_t epoch, const absl::Status& status) {
              fleet->FailEpoch(name, epoch, std::string(status.message()));
            })) {}

  void SendPlan(uint64_t epoch, const StepPlan& plan) override {
    std::vector<std::shared_ptr<WorkerLink>> to;
    {
      MutexLock lock(&links_mu);
      if (epoch != links_epoch) return;
      to = epoch_links;
    }
    for (const auto& link : to) link->SendPlan(epoch, plan);
  }

  void SetEpochLinks(uint64_t epoch, std::vector<std::shared_ptr<WorkerLink>> links) {
    MutexLock lock(&links_mu);
    links_epoch = epoch;
    epoch_links = std::move(links);
  }

  // Guarded by the fleet's mutex.
  Group group;
  std::map<AttachmentId, std::shared_ptr<WorkerLink>> links;
  uint64_t requests = 0;

  // What the engine's thread needs, apart from the fleet's mutex.
  Mutex links_mu;
  uint64_t links_epoch ABSL_GUARDED_BY(links_mu) = 0;
  std::vector<std::shared_ptr<WorkerLink>> epoch_links ABSL_GUARDED_BY(links_mu);

  std::shared_ptr<Engine> engine;  // last: its thread uses what is above
};

Fleet::Fleet(const FleetOptions& options, const Clock* clock)
    : options_(options),
      clock_(clock),
      incarnation_(RandomWord()),
      started_(clock->Now()),
      ticker_([this] { RunTicks(); }) {}

Fleet::~Fleet() {
  {
    MutexLock lock(&mu_);
    stop_ = true;
    stopped_.SignalAll();
  }
  ticker_.join();
  std::map<std::string, std::unique_ptr<GroupRuntime>> groups;
  {
    MutexLock lock(&mu_);
    groups.swap(groups_);
  }
}

void Fleet::RunTicks() {
  MutexLock lock(&mu_);
  while (!stop_) {
    stopped_.WaitFor(&mu_, std::chrono::milliseconds(50));
    for (auto& [name, g] : groups_) {
      Group::Actions actions;
      g->group.Tick(&next_epoch_, clock_->Now(), &actions);
      Act(*g, actions);
    }
  }
}

Fleet::GroupRuntime* Fleet::FindRuntime(AttachmentId id) {
  const auto it = attachments_.find(id);
  return it == attachments_.end() ? nullptr : groups_.at(it->second).get();
}

void Fleet::Act(GroupRuntime& g, const Group::Actions& actions) {
  const auto link = [&g](AttachmentId id) { return g.links.at(id); };
  if (actions.end_epoch.has_value()) {
    spdlog::warn("group {}: epoch {} is over: {}", g.group.name(), actions.aborted_epoch,
                 *actions.end_epoch);
    g.SetEpochLinks(0, {});
    g.engine->EndEpoch(absl::UnavailableError(
        absl::StrCat("group ", g.group.name(), " was lost: ", *actions.end_epoch)));
  }
  for (AttachmentId id : actions.abort) {
    link(id)->SendAbort(actions.aborted_epoch,
                        actions.end_epoch.value_or("the group did not form"));
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
    info.scheduler.num_blocks = static_cast<int64_t>(capacity.num_blocks);
    info.scheduler.block_size = capacity.block_size;
    info.scheduler.max_step_tokens = std::min(options_.max_step_tokens, capacity.max_step_tokens);
    info.scheduler.max_step_rows = capacity.max_step_rows;
    info.scheduler.max_running = std::min({options_.max_running, capacity.max_slots,
                                           capacity.max_step_rows, info.scheduler.max_step_tokens});
    info.scheduler.max_queue_requests = options_.max_queue_requests;
    info.scheduler.max_queue_tokens = options_.max_queue_tokens;
    std::vector<std::shared_ptr<WorkerLink>> links;
    for (AttachmentId id : g.group.Attachments()) links.push_back(link(id));
    g.SetEpochLinks(actions.epoch, std::move(links));
    spdlog::info("group {}: epoch {} started with {} rank(s), {} KV blocks of {}", g.group.name(),
                 actions.epoch, g.links.size(), capacity.num_blocks, capacity.block_size);
    g.engine->StartEpoch(std::move(info));
  }
}

absl::StatusOr<AttachmentId> Fleet::Attach(const std::string& group, const RankHello& hello,
                                           std::shared_ptr<WorkerLink> link) {
  MutexLock lock(&mu_);
  if (links_closed_) return absl::UnavailableError(kShuttingDown);
  std::unique_ptr<GroupRuntime>& g = groups_[group];
  if (g == nullptr) g = std::make_unique<GroupRuntime>(this, group);
  const AttachmentId id = next_attachment_++;
  Group::Actions actions;
  RETURN_IF_ERROR(g->group.Attach(id, hello, &actions));
  attachments_[id] = group;
  g->links[id] = std::move(link);
  Act(*g, actions);
  return id;
}

void Fleet::AddModel(std::shared_ptr<const ModelContext> model) {
  MutexLock lock(&mu_);
  const auto [it, added] = models_.try_emplace(model->name, model);
  if (added) {
    spdlog::info("model {} ({}, digest {})", model->name, model->architecture,
                 model->digest.substr(0, 16));
    if (!model->chat_template_status.ok())
      spdlog::warn("model {}: {}", model->name, std::string(model->chat_template_status.message()));
  }
}

void Fleet::Progress(AttachmentId id, uint64_t done, uint64_t total) {
  MutexLock lock(&mu_);
  GroupRuntime* g = FindRuntime(id);
  if (g != nullptr) g->group.Progress(id, done, total);
}

void Fleet::Loaded(AttachmentId id, const RankCapacity& capacity) {
  MutexLock lock(&mu_);
  GroupRuntime* g = FindRuntime(id);
  if (g == nullptr) return;
  Group::Actions actions;
  g->group.Loaded(id, capacity, &next_epoch_, clock_->Now(), &actions);
  Act(*g, actions);
}

void Fleet::Ready(AttachmentId id, uint64_t epoch) {
  MutexLock lock(&mu_);
  GroupRuntime* g = FindRuntime(id);
  if (g == nullptr) return;
  Group::Actions actions;
  g->group.Ready(id, epoch, &actions);
  Act(*g, actions);
}

void Fleet::Result(AttachmentId id, uint64_t epoch, StepResult result) {
  std::shared_ptr<Engine> engine;
  {
    MutexLock lock(&mu_);
    GroupRuntime* g = FindRuntime(id);
    if (g == nullptr || !g->group.IsSampler(id)) return;
    engine = g->engine;
  }
  engine->PostResult(epoch, std::move(result));
}

void Fleet::EpochFailed(AttachmentId id, uint64_t epoch, const std::string& reason) {
  std::string group;
  {
    MutexLock lock(&mu_);
    const auto it = attachments_.find(id);
    if (it == attachments_.end()) return;
    group = it->second;
  }
  FailEpoch(group, epoch, reason);
}

void Fleet::FailEpoch(const std::string& group, uint64_t epoch, const std::string& reason) {
  MutexLock lock(&mu_);
  const auto it = groups_.find(group);
  if (it == groups_.end()) return;
  Group::Actions actions;
  it->second->group.Fail(epoch, reason, &next_epoch_, clock_->Now(), &actions);
  Act(*it->second, actions);
}

void Fleet::Detach(AttachmentId id, const std::string& reason) {
  MutexLock lock(&mu_);
  GroupRuntime* g = FindRuntime(id);
  if (g == nullptr) return;
  Group::Actions actions;
  g->group.Detach(id, reason, &next_epoch_, clock_->Now(), &actions);
  g->links.erase(id);
  attachments_.erase(id);
  Act(*g, actions);
}

ModelServing Fleet::Serving(const std::shared_ptr<const ModelContext>& model) const {
  ModelServing serving;
  serving.model = model;
  for (const auto& [name, g] : groups_) {
    if (g->group.model_digest() != model->digest || g->group.state() != GroupState::kReady)
      continue;
    const RankCapacity capacity = g->group.Capacity();
    serving.max_model_len = std::max(serving.max_model_len, capacity.max_model_len);
    serving.max_kv_tokens =
        std::max(serving.max_kv_tokens, capacity.num_blocks * capacity.block_size);
    if (std::find(serving.numerics_classes.begin(), serving.numerics_classes.end(),
                  g->group.numerics_class()) == serving.numerics_classes.end()) {
      serving.numerics_classes.push_back(g->group.numerics_class());
    }
  }
  if (serving.max_model_len == 0)
    serving.max_model_len = static_cast<uint32_t>(model->context_length);
  if (options_.max_model_len > 0)
    serving.max_model_len = std::min(serving.max_model_len, options_.max_model_len);
  return serving;
}

absl::StatusOr<ModelServing> Fleet::FindModel(absl::string_view name) const {
  MutexLock lock(&mu_);
  if (models_.empty())
    return absl::UnavailableError("no worker has attached yet: no model is known");
  if (name.empty() && models_.size() == 1) return Serving(models_.begin()->second);
  const auto it = models_.find(std::string(name));
  if (it != models_.end()) return Serving(it->second);
  const std::string served = absl::StrJoin(
      models_, ", ", [](std::string* out, const auto& m) { absl::StrAppend(out, m.first); });
  if (name.empty())
    return absl::InvalidArgumentError(
        absl::StrCat("model is empty, and several are served: ", served));
  return absl::NotFoundError(absl::StrCat("model \"", name, "\" is not served; served: ", served));
}

std::vector<ModelServing> Fleet::Models() const {
  MutexLock lock(&mu_);
  std::vector<ModelServing> all;
  for (const auto& [name, model] : models_) all.push_back(Serving(model));
  return all;
}

std::function<void()> Fleet::Submit(std::shared_ptr<const ModelContext> model,
                                    EngineRequest request, std::shared_ptr<RequestSink> sink) {
  std::shared_ptr<Engine> engine;
  uint64_t id = 0;
  std::string missing = "no group serves the model";
  {
    MutexLock lock(&mu_);
    std::vector<GroupRuntime*> candidates;
    std::vector<GroupLoad> loads;
    for (const auto& [name, g] : groups_) {
      if (g->group.model_digest() != model->digest) continue;
      if (g->group.state() != GroupState::kReady) {
        missing = g->group.WhatIsMissing();
        continue;
      }
      const RankCapacity capacity = g->group.Capacity();
      const uint64_t room =
          std::min<uint64_t>(capacity.max_model_len, capacity.num_blocks * capacity.block_size);
      const uint64_t wanted = request.prompt.size() + uint64_t{request.stop.max_tokens};
      if (wanted > room) {
        missing = absl::StrCat("group ", name, " takes requests of ", room,
                               " tokens; this one may have ", wanted);
        continue;
      }
      candidates.push_back(g.get());
      loads.push_back({g->engine->LoadTokens(), g->requests});
    }
    if (draining_) {
      candidates.clear();
      missing = "the server is shutting down";
    }
    if (!candidates.empty()) {
      GroupRuntime* g = candidates[PickLeastLoaded(loads)];
      ++g->requests;
      engine = g->engine;
      id = next_request_++;
      // Posted under the lock: ids arrive in order.
      engine->Submit(id, std::shared_ptr<const Tokenizer>(model, model->tokenizer.get()),
                     std::move(request), std::move(sink));
    }
  }
  if (engine == nullptr) {
    sink->OnError(absl::UnavailableError(missing));
    return [] {};
  }
  return [engine, id] { engine->Cancel(id); };
}

std::vector<GroupSnapshot> Fleet::Groups() const {
  MutexLock lock(&mu_);
  std::vector<GroupSnapshot> all;
  for (const auto& [name, g] : groups_) {
    const EngineSnapshot e = g->engine->Snapshot();
    GroupSnapshot s;
    s.name = name;
    s.state = g->group.state();
    for (const auto& [model_name, model] : models_) {
      if (model->digest == g->group.model_digest()) s.model = model_name;
    }
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
    s.ranks = g->group.Ranks();
    all.push_back(std::move(s));
  }
  return all;
}

bool Fleet::CanAnswer() const {
  MutexLock lock(&mu_);
  if (draining_) return false;
  for (const auto& [name, g] : groups_) {
    if (g->group.state() != GroupState::kReady) continue;
    const absl::Time since = g->engine->Snapshot().in_flight_since;
    if (since == absl::InfiniteFuture() || clock_->Now() - since < options_.stall_limit)
      return true;
  }
  return false;
}

void Fleet::StopAccepting() {
  MutexLock lock(&mu_);
  draining_ = true;
}

void Fleet::DrainNow() {
  MutexLock lock(&mu_);
  draining_ = true;
  for (const auto& [name, g] : groups_) g->engine->DrainNow();
}

void Fleet::CloseLinks() {
  std::vector<std::shared_ptr<WorkerLink>> links;
  {
    MutexLock lock(&mu_);
    links_closed_ = true;
    for (const auto& [name, g] : groups_) {
      for (const auto& [id, link] : g->links) links.push_back(link);
    }
  }
  for (const auto& link : links) link->Close(kShuttingDown);
}

bool Fleet::Idle() const {
  MutexLock lock(&mu_);
  for (const auto& [name, g] : groups_) {
    if (g->engine->LoadTokens() > 0) return false;
  }
  return true;
}

}  // namespace baton
