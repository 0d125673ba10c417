// Which groups hold which KV blocks, over all groups of a router: what their schedulers' own
// indexes said last. A stale answer costs time, never a token.
#ifndef BATON_ROUTER_FLEET_PREFIX_INDEX_H_
#define BATON_ROUTER_FLEET_PREFIX_INDEX_H_

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"
#include "common/mutex.h"
#include "router/scheduler/block_hash.h"
#include "router/scheduler/block_pool.h"

namespace baton {

// The most groups that an index tells apart.
constexpr size_t kMaxIndexedGroups = 256;
// Names a group to whom there was no place: the index knows nothing of it.
constexpr size_t kNotIndexed = kMaxIndexedGroups;

// Thread-safe; but what is told of one group is told by one thread at a time.
class PrefixIndex {
 public:
  // A number for one more group, which holds nothing yet; kNotIndexed when all are taken.
  size_t Join();
  // The group is gone. Its number may be another's from now on.
  void Leave(size_t group);

  void Apply(size_t group, absl::Span<const IndexChange> changes);
  // The group holds nothing any more: its epoch has ended. Takes time for each block that it
  // held, a few blocks at a time, so that others hardly wait.
  void Forget(size_t group);

  // For each of `groups`, how many of the first `hashes` it holds. Chains lose their ends before
  // their beginnings, so that it is a search by halves: about log₂ of the chain's length look-ups
  // for each length that occurs, and no more than kMaxLookups.
  std::vector<uint32_t> MatchedBlocks(absl::Span<const BlockHash> hashes,
                                      absl::Span<const size_t> groups) const;

  size_t size() const;

 private:
  using GroupSet = std::bitset<kMaxIndexedGroups>;
  using BlockSet = absl::flat_hash_set<BlockHash>;
  static constexpr int kMaxLookups = 48;
  struct Search;
  void Remove(size_t group, const BlockHash& hash) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Narrow(Search* search, const GroupSet& among, size_t low, size_t high) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable Mutex mu_;
  GroupSet joined_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<BlockHash, GroupSet> holders_ ABSL_GUARDED_BY(mu_);
  std::array<BlockSet, kMaxIndexedGroups> held_ ABSL_GUARDED_BY(mu_);  // the same, by group
};

}  // namespace baton

#endif  // BATON_ROUTER_FLEET_PREFIX_INDEX_H_
