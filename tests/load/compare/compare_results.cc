#include "tests/load/compare/compare_results.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "tests/load/compare/same_work.h"
#include "tests/load/report/result_number.h"

namespace baton {
namespace {

bool MoreIsBetter(const std::string& metric) {
  return absl::EndsWith(metric, "throughput") || absl::EndsWith(metric, "goodput");
}

absl::Status CheckMetric(const std::string& metric) {
  if (MoreIsBetter(metric) || absl::EndsWith(metric, "_ms") || metric == "duration") {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("metric \"", metric,
                   "\": expected a rate (…throughput, …goodput) or a time (…_ms, duration)"));
}

// All above 0, or an error that names the file.
absl::StatusOr<std::vector<double>> ValuesOf(const std::vector<NamedResult>& runs,
                                             const std::string& metric) {
  std::vector<double> values;
  for (const NamedResult& run : runs) {
    const auto value = ResultNumber(run.json, metric);
    if (!value) {
      return absl::InvalidArgumentError(absl::StrCat(run.name, ": it has no \"", metric, "\""));
    }
    // Ratios of these, and means of such ratios, are numbers.
    if (!(*value >= 1e-100 && *value <= 1e100)) {
      return absl::InvalidArgumentError(
          absl::StrCat(run.name, ": \"", metric, "\" is ", *value, ", which has no ratio"));
    }
    values.push_back(*value);
  }
  return values;
}

CompareVerdict Judge(const RatioInterval& interval, bool more_is_better) {
  if (interval.low <= 1 && interval.high >= 1) return CompareVerdict::kNoDifference;
  return (interval.low > 1) == more_is_better ? CompareVerdict::kFaster : CompareVerdict::kSlower;
}

absl::StatusOr<ComparedMetric> CompareMetric(const std::vector<NamedResult>& a,
                                             const std::vector<NamedResult>& b,
                                             const std::string& metric,
                                             const BootstrapOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<double> a_values, ValuesOf(a, metric));
  ASSIGN_OR_RETURN(const std::vector<double> b_values, ValuesOf(b, metric));
  std::vector<double> ratios;
  for (size_t i = 0; i < a_values.size(); ++i) ratios.push_back(b_values[i] / a_values[i]);
  ComparedMetric compared;
  compared.name = metric;
  compared.a = GeometricMean(a_values);
  compared.b = GeometricMean(b_values);
  compared.ratio = GeometricMean(ratios);
  if (ratios.size() >= kLeastPairs) {
    compared.interval = BootstrapInterval(ratios, options);
    compared.verdict = Judge(*compared.interval, MoreIsBetter(metric));
  }
  return compared;
}

bool AnyHas(const std::vector<NamedResult>& runs, const std::string& metric) {
  return std::any_of(runs.begin(), runs.end(), [&](const NamedResult& run) {
    return ResultNumber(run.json, metric).has_value();
  });
}

}  // namespace

absl::string_view CompareVerdictName(CompareVerdict verdict) {
  switch (verdict) {
    case CompareVerdict::kNotJudged:
      return "not judged";
    case CompareVerdict::kNoDifference:
      return "no difference shown";
    case CompareVerdict::kFaster:
      return "faster";
    case CompareVerdict::kSlower:
      return "slower";
  }
  return "";
}

std::vector<std::string> DefaultMetrics() {
  std::vector<std::string> metrics = {"output_throughput", "request_throughput", "request_goodput"};
  for (const char* metric : {"ttft", "tpot", "itl", "e2el"}) {
    metrics.push_back(absl::StrCat("median_", metric, "_ms"));
    metrics.push_back(absl::StrCat("p99_", metric, "_ms"));
  }
  return metrics;
}

absl::StatusOr<ResultComparison> CompareResults(const std::vector<NamedResult>& a,
                                                const std::vector<NamedResult>& b,
                                                const std::vector<std::string>& metrics,
                                                const BootstrapOptions& options) {
  RETURN_IF_ERROR(CheckSameWork(a, b));
  ResultComparison comparison;
  comparison.num_pairs = a.size();
  comparison.warnings = ComparisonWarnings(a, b);
  for (const std::string& metric : metrics.empty() ? DefaultMetrics() : metrics) {
    RETURN_IF_ERROR(CheckMetric(metric));
    absl::StatusOr<ComparedMetric> compared = CompareMetric(a, b, metric, options);
    if (compared.ok()) {
      comparison.metrics.push_back(*std::move(compared));
    } else if (!metrics.empty()) {
      return compared.status();
    } else if (AnyHas(a, metric) || AnyHas(b, metric)) {
      comparison.warnings.push_back(
          absl::StrCat(metric, " is not compared: ", compared.status().message()));
    }
  }
  return comparison;
}

}  // namespace baton
