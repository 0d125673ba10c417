// How far lengths go to either side of their middle.
#ifndef BATON_TESTS_LOAD_WORKLOAD_RANGE_RATIO_H_
#define BATON_TESTS_LOAD_WORKLOAD_RANGE_RATIO_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace baton {

struct RangeRatio {
  double input = 0;
  double output = 0;
};

// A number for both, such as "0.5", or {"input": 0.1, "output": 0.5}; each in [0, 1), and one that
// is not given is 0. INVALID_ARGUMENT, with the option `flag`, for anything else.
absl::StatusOr<RangeRatio> ParseRangeRatio(absl::string_view flag, const std::string& text);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_RANGE_RATIO_H_
