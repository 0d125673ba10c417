// What the names mean that clients call models by. A pure function of which models are known.
//
// The fleet knows a model that was given by --model, for ever, and one that a worker's card
// described, for as long as a group that is listed serves that digest. So a file is replaced by
// starting workers with the new one, under the same name: once a group of theirs is ready the name
// means the new digest; should they fail, the old one again, as long as there is a group for it.
#ifndef BATON_ROUTER_FLEET_MODEL_NAMES_H_
#define BATON_ROUTER_FLEET_MODEL_NAMES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "router/fleet/model_context.h"

namespace baton {

struct KnownModel {
  std::shared_ptr<const ModelContext> context;  // not null
  uint64_t since = 0;  // the order in which models became known; one given by --model comes first
  bool ready = false;  // a ready group serves its digest
};

// The model that each name means: of those with that name the newest that is ready, or the newest
// of all when none is. A model that was forgotten and comes back is new.
std::map<std::string, KnownModel> MeaningOfNames(const std::vector<KnownModel>& known);

}  // namespace baton

#endif  // BATON_ROUTER_FLEET_MODEL_NAMES_H_
