#include "router/fleet/model_names.h"

#include <tuple>

namespace baton {

std::map<std::string, KnownModel> MeaningOfNames(const std::vector<KnownModel>& known) {
  std::map<std::string, KnownModel> meaning;
  for (const KnownModel& model : known) {
    const auto [it, first] = meaning.try_emplace(model.context->name, model);
    const KnownModel& best = it->second;
    if (!first && std::tie(model.ready, model.since) > std::tie(best.ready, best.since))
      it->second = model;
  }
  return meaning;
}

}  // namespace baton
