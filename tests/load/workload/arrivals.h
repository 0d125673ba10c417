// When requests come and what they ask, from a seed. Pure: the same on every machine.
#ifndef BATON_TESTS_LOAD_WORKLOAD_ARRIVALS_H_
#define BATON_TESTS_LOAD_WORKLOAD_ARRIVALS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace baton {

// The rate changes from request to request: of N, number i has the rate, with p = i / (N - 1),
//   linear       start + (end - start) p
//   exponential  start (end / start)^p
// as `vllm bench serve` has it.
struct RateRamp {
  enum class Shape { kLinear, kExponential };
  Shape shape = Shape::kLinear;
  double start = 1;  // requests a second, above 0
  double end = 1;    // not below `start`
};

struct ArrivalOptions {
  double rate = 1;                // requests a second; infinity: all at once
  double burstiness = 1;          // the gamma distribution's shape; infinity: a constant interval
  absl::optional<RateRamp> ramp;  // instead of `rate`
  uint64_t seed = 0;
};

// The moments, ascending, at which `count` requests are sent. The interval before number i, the
// first one's included, is a gamma variable of shape `burstiness` and mean 1 / rate_i: burstiness 1
// is a Poisson process, below it requests come in bursts, above it more evenly (the squared
// coefficient of variation of the intervals is 1 / burstiness).
//
// The times are left as drawn. vLLM stretches them so that the last is at count / rate exactly; but
// then the intervals sum to a constant, are not independent, and are no Poisson process: the number
// of requests no longer varies, and a queue is shorter than under the load that was asked for. Here
// the mean rate over the run is itself random, with deviation rate / sqrt(count burstiness).
//
// INVALID_ARGUMENT, naming the option of the command line, if a number is out of range.
absl::StatusOr<std::vector<absl::Duration>> Arrivals(const ArrivalOptions& options, size_t count);

// The moments, ascending and before `duration`, of a Poisson process of `rate` a second.
std::vector<absl::Duration> PoissonArrivals(double rate, absl::Duration duration, uint64_t seed);

// `length` token ids in [first, last], of request number `index`: no two requests begin alike, so
// that no cache of prefixes helps.
std::vector<uint32_t> RandomPrompt(uint64_t seed, uint64_t index, uint32_t length, uint32_t first,
                                   uint32_t last);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_ARRIVALS_H_
