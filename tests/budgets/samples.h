// Figures of a run, and how they are printed: one line each, with the budget beside it.
#ifndef BATON_TESTS_BUDGETS_SAMPLES_H_
#define BATON_TESTS_BUDGETS_SAMPLES_H_

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

namespace baton {

// The `share` quantile of what is not empty: 0.5 is the median.
inline double Quantile(std::vector<double> values, double share) {
  const size_t at = std::min(values.size() - 1, static_cast<size_t>(share * values.size()));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

inline double Median(const std::vector<double>& values) { return Quantile(values, 0.5); }

// "what   figure unit   budget   ok"; a budget of 0: none.
inline void PrintFigure(const std::string& what, double figure, double budget,
                        const std::string& unit) {
  std::printf("%-62s %9.2f %-5s", what.c_str(), figure, unit.c_str());
  if (budget > 0) std::printf(" budget %7.2f  %s", budget, figure <= budget ? "ok" : "MISSED");
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace baton

#endif  // BATON_TESTS_BUDGETS_SAMPLES_H_
