// How sure one can be of a ratio that was measured a few times in pairs. Pure.
#ifndef BATON_TESTS_LOAD_COMPARE_BOOTSTRAP_H_
#define BATON_TESTS_LOAD_COMPARE_BOOTSTRAP_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

namespace baton {

struct RatioInterval {
  double low, high;
};

struct BootstrapOptions {
  size_t resamples = 10000;
  uint64_t seed = 1;
};

// The geometric mean of `ratios`: at least one, all positive.
double GeometricMean(absl::Span<const double> ratios);

// A 95 % interval for the geometric mean of `ratios`, one of each pair of runs; at least two, all
// positive. As many as there are are drawn with replacement, options.resamples times, and the
// interval goes from a low to a high percentile of the geometric means of those draws. The draws
// depend on nothing but the seed and how many ratios there are.
//
// Of few pairs the percentiles 2.5 and 97.5 would be too near: of five pairs, such intervals hold
// the truth about five times in six. So the percentiles are farther out, by what makes the interval
// of normal data as wide as Student's (T. Hesterberg, "What Teachers Should Know about the
// Bootstrap", 2014, "expanded percentiles"): 0.1 and 99.9 for five pairs, 1.5 and 98.5 for 20,
// and 2.5 and 97.5 for very many. Log-normal ratios are then covered 91 times in 100 at five pairs,
// 94 to 95 from eight.
RatioInterval BootstrapInterval(absl::Span<const double> ratios, const BootstrapOptions& options);

// The share of resamples on either side of the interval, for `num_pairs` >= 2.
double BootstrapTail(size_t num_pairs);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_COMPARE_BOOTSTRAP_H_
