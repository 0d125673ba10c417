// From which distribution the deadlines of requests are drawn.
#ifndef BATON_TESTS_LOAD_WORKLOAD_DEADLINE_SPEC_H_
#define BATON_TESTS_LOAD_WORKLOAD_DEADLINE_SPEC_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/load/workload/seeded_random.h"

namespace baton {

struct DeadlineSpec {
  enum class Shape { kNone, kFixed, kUniform, kExponential, kLogNormal };
  Shape shape = Shape::kNone;
  // In milliseconds, but for sigma: the value; low and high; the mean; median and sigma.
  double a = 0, b = 0;

  // No less than a millisecond; infinite without a deadline.
  absl::Duration Draw(SeededRandom* random) const;
};

// "" is none; else in milliseconds "500", "uniform:100:1000", "exp:500" (of mean 500) or
// "lognormal:500:0.8" (of median 500; 0.8 is the deviation of its logarithm). Numbers are finite
// and above 0, and the second of uniform's not below its first. INVALID_ARGUMENT says what is
// wrong, and does not name an option.
absl::StatusOr<DeadlineSpec> ParseDeadlineSpec(absl::string_view text);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_DEADLINE_SPEC_H_
