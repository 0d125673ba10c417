#include "tests/load/workload/kolmogorov_smirnov.h"

#include <algorithm>
#include <cmath>

namespace baton {
namespace {

double Series(double a, double x) {
  double term = 1 / a, sum = term;
  for (int n = 1; n < 1000 && term > sum * 1e-16; ++n) sum += term *= x / (a + n);
  return sum * std::exp(a * std::log(x) - x - std::lgamma(a));
}

// Q(a, x) = 1 - P(a, x), evaluated from the inside out.
double ContinuedFraction(double a, double x) {
  double tail = x;
  for (int n = 300; n >= 1; --n) tail = x + (n - a) / (1 + n / tail);
  return std::exp(a * std::log(x) - x - std::lgamma(a)) / tail;
}

}  // namespace

double KolmogorovStatistic(std::vector<double> samples, const std::function<double(double)>& cdf) {
  std::sort(samples.begin(), samples.end());
  const double n = samples.size();
  double distance = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    const double p = cdf(samples[i]);
    distance = std::max({distance, p - i / n, (i + 1) / n - p});
  }
  return distance * std::sqrt(n);
}

double GammaCdf(double a, double x) {
  if (x <= 0) return 0;
  return x < a + 1 ? Series(a, x) : 1 - ContinuedFraction(a, x);
}

}  // namespace baton
