// Whether numbers look drawn from a distribution, for tests.
#ifndef BATON_TESTS_LOAD_WORKLOAD_KOLMOGOROV_SMIRNOV_H_
#define BATON_TESTS_LOAD_WORKLOAD_KOLMOGOROV_SMIRNOV_H_

#include <functional>
#include <vector>

namespace baton {

// sqrt(n) times the largest distance between the samples' distribution and `cdf`. Were they drawn
// from it, it would be above kKolmogorovOnePercent in one case of a hundred (n large).
double KolmogorovStatistic(std::vector<double> samples, const std::function<double(double)>& cdf);
constexpr double kKolmogorovOnePercent = 1.628;

// P(a, x), the regularised lower incomplete gamma function: the distribution function of a gamma
// variable of shape `a` > 0 and scale 1. By its series below a + 1 and by Legendre's continued
// fraction above (Abramowitz and Stegun 6.5.29 and 6.5.31).
double GammaCdf(double a, double x);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_KOLMOGOROV_SMIRNOV_H_
