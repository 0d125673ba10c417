// Where a request goes.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "router/fleet/fleet.h"
#include "router/fleet/group_runtime.h"
#include "router/fleet/routing_policy.h"

namespace baton {

Fleet::Runtimes Fleet::OpenOnes(Runtimes candidates) const {
  const absl::Time now = clock_->Now();
  const auto first_closed =
      std::stable_partition(candidates.begin(), candidates.end(),
                            [now](const auto& g) { return g->engine->QueueClosedUntil() <= now; });
  if (first_closed != candidates.begin()) candidates.erase(first_closed, candidates.end());
  return candidates;
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
    const Runtimes candidates = OpenOnes(Candidates(*model, tokens, &missing));
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
  engine->TakeTurn();
  return {[engine, id] { engine->Cancel(id); }, [engine, id] { engine->Resume(id); }};
}

}  // namespace baton
