// Whether paired runs took turns, so that a machine that slowly changes favours neither side. Pure.
#ifndef BATON_TESTS_LOAD_COMPARE_INTERLEAVING_H_
#define BATON_TESTS_LOAD_COMPARE_INTERLEAVING_H_

#include <string>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace baton {

// What is wrong with the order "A B B A A B B A …" in which the runs started, or nothing. Run i of
// `a` and run i of `b` are a pair; there are equally many. Either side may go first. A single pair
// has no order.
std::string InterleavingWarning(absl::Span<const absl::Time> a, absl::Span<const absl::Time> b);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_COMPARE_INTERLEAVING_H_
