// Which models are known, and what serves them.
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "router/fleet/fleet.h"
#include "router/fleet/group_runtime.h"
#include "spdlog/spdlog.h"

namespace baton {
namespace {

void LogModel(const ModelContext& model) {
  spdlog::info("model {} ({}, digest {})", model.name, model.architecture,
               model.digest.substr(0, 16));
  if (!model.chat_template_status.ok())
    spdlog::warn("model {}: {}", model.name, std::string(model.chat_template_status.message()));
}

}  // namespace

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

}  // namespace baton
