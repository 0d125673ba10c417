#include "router/fleet/fleet.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <random>
#include <set>
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

void LogModel(const ModelContext& model) {
  spdlog::info("model {} ({}, digest {})", model.name, model.architecture,
               model.digest.substr(0, 16));
  if (!model.chat_template_status.ok())
    spdlog::warn("model {}: {}", model.name, std::string(model.chat_template_status.message()));
}

BlockHashKey RandomKey() {
  BlockHashKey key;
  for (size_t i = 0; i < key.size(); i += sizeof(uint64_t)) {
    const uint64_t word = RandomWord();
    std::memcpy(key.data() + i, &word, sizeof(word));
  }
  return key;
}

// Nobody but the ranks that are told can guess it.
std::string RandomName(uint64_t epoch) {
  return absl::StrCat(absl::Hex(RandomWord(), absl::kZeroPad16),
                      absl::Hex(RandomWord(), absl::kZeroPad16), ".", epoch);
}

}  // namespace

// One group with its engine and links. The engine's thread sends plans through it.
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

  // What the engine's thread needs, apart from the fleet's mutex.
  Mutex links_mu;
  uint64_t links_epoch ABSL_GUARDED_BY(links_mu) = 0;
  std::vector<std::shared_ptr<WorkerLink>> epoch_links ABSL_GUARDED_BY(links_mu);

  std::unique_ptr<Engine> engine;  // last: its thread uses what is above
};

Fleet::Fleet(const FleetOptions& options, const Clock* clock)
    : options_(options),
      clock_(clock),
      incarnation_(RandomWord()),
      hash_key_(RandomKey()),
      started_(clock->Now()),
      ticker_([this] { RunTicks(); }) {}

Fleet::~Fleet() {
  {
    MutexLock lock(&mu_);
    stop_ = true;
    stopped_.SignalAll();
  }
  ticker_.join();
  std::map<std::string, std::shared_ptr<GroupRuntime>> groups;
  {
    MutexLock lock(&mu_);
    groups.swap(groups_);
  }
}

void Fleet::RunTicks() {
  if (options_.tick_interval == absl::InfiniteDuration()) return;
  while (true) {
    {
      MutexLock lock(&mu_);
      if (!stop_) stopped_.WaitFor(&mu_, absl::ToChronoNanoseconds(options_.tick_interval));
      if (stop_) return;
    }
    Tick();
  }
}

void Fleet::Tick() {
  Runtimes forgotten;  // destroyed after the lock is gone
  MutexLock lock(&mu_);
  const absl::Time now = clock_->Now();
  for (auto& [name, g] : groups_) {
    Group::Actions actions;
    if (IsOverdue(*g)) {
      g->group.Fail(g->group.epoch(),
                    absl::StrCat("its plan has been without a result for ",
                                 absl::FormatDuration(options_.stall_limit), " (--stall-limit)"),
                    &next_epoch_, now, &actions);
    } else {
      g->group.Tick(&next_epoch_, now, &actions);
    }
    Act(*g, actions);
  }
  forgotten = TakeEmptyGroups(options_.forget_group_after);
}

bool Fleet::IsOverdue(const GroupRuntime& g) const {
  if (g.group.state() != GroupState::kReady) return false;
  // The snapshot may still be of the epoch before.
  const absl::Time since = g.engine->Snapshot().in_flight_since;
  return since >= g.epoch_started && clock_->Now() - since >= options_.stall_limit;
}

Fleet::Runtimes Fleet::TakeEmptyGroups(absl::Duration at_least) {
  Runtimes taken;
  for (auto it = groups_.begin(); it != groups_.end();) {
    GroupRuntime& g = *it->second;
    if (clock_->Now() - g.group.empty_since() < at_least || g.engine->LoadTokens() > 0) {
      ++it;
      continue;
    }
    spdlog::info("group {}: forgotten, no rank is attached", it->first);
    taken.push_back(std::move(it->second));
    it = groups_.erase(it);
  }
  return taken;
}

Fleet::GroupRuntime* Fleet::FindRuntime(AttachmentId id) {
  const auto it = attachments_.find(id);
  return it == attachments_.end() ? nullptr : groups_.at(it->second).get();
}

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

absl::StatusOr<AttachmentId> Fleet::Attach(const std::string& group, const RankHello& hello,
                                           std::shared_ptr<const ModelContext> model,
                                           std::shared_ptr<WorkerLink> link) {
  RETURN_IF_ERROR(CheckGroupName(group));
  if (model != nullptr && model->digest != hello.model_digest) {
    return absl::FailedPreconditionError(
        absl::StrCat("group ", group, ", rank ", hello.rank, ": the model card's digest is ",
                     model->digest, "; expected the worker's, ", hello.model_digest));
  }
  Runtimes forgotten;  // destroyed after the lock is gone
  MutexLock lock(&mu_);
  if (links_closed_) return absl::UnavailableError(kShuttingDown);
  const AttachmentId id = next_attachment_++;
  Group::Actions actions;
  auto it = groups_.find(group);
  if (it != groups_.end()) {
    RETURN_IF_ERROR(it->second->group.Attach(id, hello, clock_->Now(), &actions));
  } else {
    Group formed(group);
    RETURN_IF_ERROR(formed.Attach(id, hello, clock_->Now(), &actions));
    if (groups_.size() >= kMaxGroups) forgotten = TakeEmptyGroups(absl::ZeroDuration());
    if (groups_.size() >= kMaxGroups) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "group ", group, ": there are ", groups_.size(), " groups; the limit is ", kMaxGroups));
    }
    it = groups_.emplace(group, std::make_shared<GroupRuntime>(this, group, std::move(formed)))
             .first;
  }
  GroupRuntime& g = *it->second;
  attachments_[id] = group;
  g.links[id] = std::move(link);
  Act(g, actions);
  SetModel(g, std::move(model));
  return id;
}

void Fleet::AddModel(std::shared_ptr<const ModelContext> model) {
  MutexLock lock(&mu_);
  LogModel(*model);
  given_models_.push_back({std::move(model), /*since=*/0, /*ready=*/false});
}

void Fleet::SetModel(GroupRuntime& g, std::shared_ptr<const ModelContext> model) {
  if (g.model.has_value() && g.model->context->digest != g.group.model_digest()) g.model.reset();
  if (model == nullptr || (g.model.has_value() && g.model->context->name == model->name)) return;
  for (const KnownModel& known : KnownModels()) {
    if (known.context->digest != model->digest || known.context->name != model->name) continue;
    g.model = known;
    return;
  }
  LogModel(*model);
  g.model = KnownModel{std::move(model), next_model_++, /*ready=*/false};
}

std::vector<KnownModel> Fleet::KnownModels() const {
  std::vector<KnownModel> known = given_models_;
  std::set<absl::string_view> ready;
  for (const auto& [name, g] : groups_) {
    if (g->model.has_value()) known.push_back(*g->model);
    if (g->group.state() == GroupState::kReady) ready.insert(g->group.model_digest());
  }
  for (KnownModel& model : known) model.ready = ready.count(model.context->digest) > 0;
  return known;
}

void Fleet::Progress(AttachmentId id, uint64_t done, uint64_t total) {
  MutexLock lock(&mu_);
  GroupRuntime* g = FindRuntime(id);
  if (g != nullptr) g->group.Progress(id, done, total);
}

absl::Status Fleet::Loaded(AttachmentId id, const RankCapacity& capacity) {
  MutexLock lock(&mu_);
  GroupRuntime* g = FindRuntime(id);
  if (g == nullptr) return absl::OkStatus();
  Group::Actions actions;
  RETURN_IF_ERROR(g->group.Loaded(id, capacity, &next_epoch_, clock_->Now(), &actions));
  Act(*g, actions);
  return absl::OkStatus();
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
  std::shared_ptr<GroupRuntime> g;
  {
    MutexLock lock(&mu_);
    const auto it = attachments_.find(id);
    if (it == attachments_.end()) return;
    g = groups_.at(it->second);
    if (!g->group.IsSampler(id)) return;
  }
  g->engine->PostResult(epoch, std::move(result));
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
  const std::map<std::string, KnownModel> models = MeaningOfNames(KnownModels());
  if (models.empty()) return absl::UnavailableError("no worker is attached: no model is known");
  if (name.empty() && models.size() == 1) return Serving(models.begin()->second.context);
  const auto it = models.find(std::string(name));
  if (it != models.end()) return Serving(it->second.context);
  const std::string served = absl::StrJoin(
      models, ", ", [](std::string* out, const auto& m) { absl::StrAppend(out, m.first); });
  if (name.empty())
    return absl::InvalidArgumentError(
        absl::StrCat("model is empty, and several are served: ", served));
  return absl::NotFoundError(absl::StrCat("model \"", name, "\" is not served; served: ", served));
}

std::vector<ModelServing> Fleet::Models() const {
  MutexLock lock(&mu_);
  std::vector<ModelServing> all;
  for (const auto& [name, model] : MeaningOfNames(KnownModels())) {
    all.push_back(Serving(model.context));
  }
  return all;
}

Fleet::Runtimes Fleet::Candidates(const ModelContext& model, uint64_t tokens,
                                  std::string* missing) const {
  Runtimes candidates;
  if (draining_) {
    *missing = "the server is shutting down";
    return candidates;
  }
  *missing = "no group serves the model";
  for (const auto& [name, g] : groups_) {
    if (g->group.model_digest() != model.digest) continue;
    if (g->group.state() != GroupState::kReady) {
      *missing = g->group.WhatIsMissing();
      continue;
    }
    const RankCapacity capacity = g->group.Capacity();
    const uint64_t room =
        std::min<uint64_t>(capacity.max_model_len, capacity.num_blocks * capacity.block_size);
    if (tokens > room) {
      *missing = absl::StrCat("group ", name, " takes requests of ", room,
                              " tokens; this one may have ", tokens);
      continue;
    }
    candidates.push_back(g);
  }
  return candidates;
}

const std::shared_ptr<Fleet::GroupRuntime>& Fleet::Pick(const Runtimes& candidates, uint64_t tokens,
                                                        const std::vector<BlockHash>& hashes,
                                                        uint32_t block_size) const {
  std::vector<size_t> slots;
  for (const auto& g : candidates) slots.push_back(g->index_slot);
  const bool by_prefix = options_.routing == RoutingPolicy::kPrefixAffinity;
  std::vector<uint32_t> matched(candidates.size(), 0);
  if (by_prefix && candidates.size() > 1) matched = prefix_index_->MatchedBlocks(hashes, slots);
  std::vector<GroupLoad> loads;
  for (size_t i = 0; i < candidates.size(); ++i) {
    loads.push_back({candidates[i]->engine->LoadTokens(), candidates[i]->requests,
                     uint64_t{matched[i]} * block_size});
  }
  // As if four more requests of this size were there.
  return candidates[by_prefix ? PickPrefixAffinity(loads, 4 * tokens) : PickLeastLoaded(loads)];
}

RequestHandle Fleet::Submit(std::shared_ptr<const ModelContext> model, EngineRequest request,
                            std::shared_ptr<RequestSink> sink) {
  const uint64_t tokens = request.most_tokens();
  std::string missing;
  uint32_t block_size = 0;
  {
    MutexLock lock(&mu_);
    const Runtimes candidates = Candidates(*model, tokens, &missing);
    if (!candidates.empty()) block_size = candidates[0]->group.Capacity().block_size;
  }
  std::vector<BlockHash> hashes;  // made without the lock; only worth something in such blocks
  if (block_size > 0 && options_.prefix_cache && !request.num_prompt_logprobs.has_value()) {
    BlockHasher hasher(hash_key_, block_size);
    hashes = hasher.Chain(hasher.Root(/*adapter=*/0, /*content_digest=*/"", request.cache_salt),
                          request.prompt);
  }
  std::shared_ptr<Engine> engine;  // keeps its group too
  uint64_t id = 0;
  {
    MutexLock lock(&mu_);
    const Runtimes candidates = Candidates(*model, tokens, &missing);
    if (!candidates.empty()) {
      const std::shared_ptr<GroupRuntime>& g = Pick(candidates, tokens, hashes, block_size);
      if (g->group.Capacity().block_size != block_size) hashes.clear();
      ++g->requests;
      engine = std::shared_ptr<Engine>(g, g->engine.get());
      id = next_request_++;
      // Posted under the lock: ids arrive in order.
      engine->Submit(id, std::shared_ptr<const Tokenizer>(model, model->tokenizer.get()),
                     std::move(request), std::move(sink), std::move(hashes));
    }
  }
  if (engine == nullptr) {
    sink->OnError(absl::UnavailableError(missing));
    return {[] {}, [] {}};
  }
  return {[engine, id] { engine->Cancel(id); }, [engine, id] { engine->Resume(id); }};
}

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
