// Which group runs a request. Policies are pure functions of what is known of the groups.
#ifndef BATON_ROUTER_FLEET_ROUTING_POLICY_H_
#define BATON_ROUTER_FLEET_ROUTING_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace baton {

// What a policy sees of a group that could run the request.
struct GroupLoad {
  uint64_t tokens = 0;    // prompt and maximum output of all requests there, on their way included
  uint64_t requests = 0;  // sent there so far
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

}  // namespace baton

#endif  // BATON_ROUTER_FLEET_ROUTING_POLICY_H_
