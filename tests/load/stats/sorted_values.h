// Values between the ranks of sorted ones.
#ifndef BATON_TESTS_LOAD_STATS_SORTED_VALUES_H_
#define BATON_TESTS_LOAD_STATS_SORTED_VALUES_H_

#include <algorithm>
#include <cstddef>
#include <vector>

namespace baton {

// The value at `rank`, from 0 to one less than there are, linearly between the two nearest (as
// numpy's percentiles are by default). `sorted` is ascending and has at least one.
inline double ValueAtRank(const std::vector<double>& sorted, double rank) {
  const auto below = static_cast<size_t>(rank);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (rank - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace baton

#endif  // BATON_TESTS_LOAD_STATS_SORTED_VALUES_H_
