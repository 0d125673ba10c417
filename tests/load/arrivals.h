// When requests come and what they ask, from a seed. Pure: the same on every machine.
#ifndef BATON_TESTS_LOAD_ARRIVALS_H_
#define BATON_TESTS_LOAD_ARRIVALS_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace baton {

// The moments, ascending and before `duration`, of a Poisson process of `rate` a second.
std::vector<absl::Duration> PoissonArrivals(double rate, absl::Duration duration, uint64_t seed);

// `length` token ids in [first, last], of request number `index`: no two requests begin alike, so
// that no cache of prefixes helps.
std::vector<uint32_t> RandomPrompt(uint64_t seed, uint64_t index, uint32_t length, uint32_t first,
                                   uint32_t last);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_ARRIVALS_H_
