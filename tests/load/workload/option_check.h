// Says that an option of the command line is out of range.
#ifndef BATON_TESTS_LOAD_WORKLOAD_OPTION_CHECK_H_
#define BATON_TESTS_LOAD_WORKLOAD_OPTION_CHECK_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace baton {

// INVALID_ARGUMENT, "--flag: 7 is out of range; expected 1 to 5".
inline absl::Status OutOfRange(absl::string_view flag, const absl::AlphaNum& value,
                               absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat(flag, ": ", value, " is out of range; expected ", expected));
}

// Both ends included. Not a number is out of any range.
template <typename T>
absl::Status CheckRange(absl::string_view flag, T value, T low, T high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return OutOfRange(flag, value, absl::StrCat(low, " to ", high));
}

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_OPTION_CHECK_H_
