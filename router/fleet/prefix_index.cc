#include "router/fleet/prefix_index.h"

namespace baton {
namespace {

constexpr int kForgottenAtOnce = 32;

}  // namespace

struct PrefixIndex::Search {
  absl::Span<const BlockHash> hashes;
  std::array<uint32_t, kMaxIndexedGroups> matched{};
  int lookups = 0;
};

size_t PrefixIndex::Join() {
  MutexLock lock(&mu_);
  size_t group = 0;
  while (group < joined_.size() && joined_.test(group)) ++group;
  if (group < joined_.size()) joined_.set(group);
  return group;
}

void PrefixIndex::Leave(size_t group) {
  if (group == kNotIndexed) return;
  Forget(group);
  MutexLock lock(&mu_);
  joined_.reset(group);
}

void PrefixIndex::Apply(size_t group, absl::Span<const IndexChange> changes) {
  if (group == kNotIndexed) return;
  MutexLock lock(&mu_);
  for (const IndexChange& change : changes) {
    if (change.added) {
      holders_[change.hash].set(group);
      held_[group].insert(change.hash);
    } else if (held_[group].erase(change.hash) > 0) {
      Remove(group, change.hash);
    }
  }
}

void PrefixIndex::Remove(size_t group, const BlockHash& hash) {
  const auto it = holders_.find(hash);
  it->second.reset(group);
  if (it->second.none()) holders_.erase(it);
}

void PrefixIndex::Forget(size_t group) {
  if (group == kNotIndexed) return;
  BlockSet held;
  {
    MutexLock lock(&mu_);
    held.swap(held_[group]);
  }
  for (auto it = held.begin(); it != held.end();) {
    MutexLock lock(&mu_);
    for (int i = 0; i < kForgottenAtOnce && it != held.end(); ++i) Remove(group, *it++);
  }
}

// All of `among` hold the first `low` blocks, and none of them more than the first `high`.
void PrefixIndex::Narrow(Search* search, const GroupSet& among, size_t low, size_t high) const {
  if (among.none()) return;
  if (low == high || search->lookups >= kMaxLookups) {
    for (size_t g = among._Find_first(); g < among.size(); g = among._Find_next(g))
      search->matched[g] = static_cast<uint32_t>(low);
    return;
  }
  const size_t middle = (low + high + 1) / 2;
  ++search->lookups;
  const auto it = holders_.find(search->hashes[middle - 1]);
  const GroupSet more = it == holders_.end() ? GroupSet() : among & it->second;
  Narrow(search, more, middle, high);
  Narrow(search, among & ~more, low, middle - 1);
}

std::vector<uint32_t> PrefixIndex::MatchedBlocks(absl::Span<const BlockHash> hashes,
                                                 absl::Span<const size_t> groups) const {
  std::vector<uint32_t> result(groups.size(), 0);
  if (hashes.empty()) return result;
  GroupSet among;
  for (size_t g : groups) {
    if (g != kNotIndexed) among.set(g);
  }
  Search search;
  search.hashes = hashes;
  {
    MutexLock lock(&mu_);
    // Most hold nothing of it.
    const auto it = holders_.find(hashes[0]);
    if (it != holders_.end()) Narrow(&search, among & it->second, 1, hashes.size());
  }
  for (size_t i = 0; i < groups.size(); ++i) {
    if (groups[i] != kNotIndexed) result[i] = search.matched[groups[i]];
  }
  return result;
}

size_t PrefixIndex::size() const {
  MutexLock lock(&mu_);
  return holders_.size();
}

}  // namespace baton
