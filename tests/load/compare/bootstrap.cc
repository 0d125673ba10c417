#include "tests/load/compare/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "common/check.h"
#include "tests/load/stats/sorted_values.h"

namespace baton {
namespace {

constexpr double kNormal975 = 1.959963984540054;  // the normal distribution's 97.5th percentile

// Student's 97.5th percentile with `freedom` degrees of freedom: the Cornish-Fisher expansion
// (Abramowitz and Stegun, 26.7.5), to 1 % from 4 degrees on.
double Student975(double freedom) {
  const double z = kNormal975, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
  return z + (z3 + z) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * z) / (96 * std::pow(freedom, 2)) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * std::pow(freedom, 3));
}

// Below `size`, which is less than 2^32.
size_t DrawIndex(size_t size, std::mt19937_64* engine) {
  return static_cast<size_t>((((*engine)() >> 32) * size) >> 32);
}

// The value below which a share `share` of the sorted values lie, between ranks linearly.
double ValueAt(const std::vector<double>& sorted, double share) {
  return ValueAtRank(sorted, share * static_cast<double>(sorted.size() - 1));
}

double MeanOfDraw(const std::vector<double>& logs, std::mt19937_64* engine) {
  double sum = 0;
  for (size_t i = 0; i < logs.size(); ++i) sum += logs[DrawIndex(logs.size(), engine)];
  return sum / static_cast<double>(logs.size());
}

std::vector<double> Logs(absl::Span<const double> ratios) {
  std::vector<double> logs;
  for (const double ratio : ratios) {
    BATON_CHECK(ratio > 0);
    logs.push_back(std::log(ratio));
  }
  return logs;
}

}  // namespace

double GeometricMean(absl::Span<const double> ratios) {
  BATON_CHECK(!ratios.empty());
  double sum = 0;
  for (const double log : Logs(ratios)) sum += log;
  return std::exp(sum / static_cast<double>(ratios.size()));
}

double BootstrapTail(size_t num_pairs) {
  BATON_CHECK(num_pairs >= 2);
  const auto n = static_cast<double>(num_pairs);
  return std::erfc(std::sqrt(n / (n - 1)) * Student975(n - 1) / std::sqrt(2.0)) / 2;
}

RatioInterval BootstrapInterval(absl::Span<const double> ratios, const BootstrapOptions& options) {
  const std::vector<double> logs = Logs(ratios);
  std::mt19937_64 engine(options.seed);
  std::vector<double> means(std::max<size_t>(options.resamples, 1));
  for (double& mean : means) mean = MeanOfDraw(logs, &engine);
  std::sort(means.begin(), means.end());
  const double tail = BootstrapTail(logs.size());
  return {std::exp(ValueAt(means, tail)), std::exp(ValueAt(means, 1 - tail))};
}

}  // namespace baton
