// Which group runs a request. Policies are pure functions of what is known of the groups.
#ifndef BATON_ROUTER_FLEET_ROUTING_POLICY_H_
#define BATON_ROUTER_FLEET_ROUTING_POLICY_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace baton {

enum class RoutingPolicy { kLeastLoaded, kPrefixAffinity };

// What a policy sees of a group that could run the request.
struct GroupLoad {
  uint64_t tokens = 0;    // prompt and maximum output of all requests there, on their way included
  uint64_t requests = 0;  // sent there so far
  uint64_t matched_tokens = 0;  // of the request's prompt: keys and values that are there
};

// The group with the fewest tokens to run; among equals the one that got the fewest requests, then
// the first. `groups` is not empty.
inline size_t PickLeastLoaded(const std::vector<GroupLoad>& groups) {
  size_t best = 0;
  for (size_t i = 1; i < groups.size(); ++i) {
    const GroupLoad &a = groups[i], &b = groups[best];
    if (a.tokens < b.tokens || (a.tokens == b.tokens && a.requests < b.requests)) best = i;
  }
  return best;
}

// The group that holds the most of the prompt, among those that are not far more loaded than the
// least loaded one: by at most a quarter of that load and `allowance` tokens. So affinity fills a
// group no further than that, whatever everybody asks for. Among equals as PickLeastLoaded.
inline size_t PickPrefixAffinity(const std::vector<GroupLoad>& groups, uint64_t allowance) {
  const size_t least = PickLeastLoaded(groups);
  const uint64_t most_tokens = groups[least].tokens + groups[least].tokens / 4 + allowance;
  size_t best = least;
  for (size_t i = 0; i < groups.size(); ++i) {
    const GroupLoad &a = groups[i], &b = groups[best];
    if (a.tokens > most_tokens || a.matched_tokens < b.matched_tokens) continue;
    if (a.matched_tokens > b.matched_tokens || a.tokens < b.tokens) best = i;
  }
  return best;
}

}  // namespace baton

#endif  // BATON_ROUTER_FLEET_ROUTING_POLICY_H_
