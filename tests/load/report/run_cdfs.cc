#include "tests/load/report/run_cdfs.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/load/report/json_access.h"
#include "tests/load/report/run_arrays.h"

namespace baton {
namespace {

using nlohmann::json;

void Sort(std::vector<CdfPoint>* cdf) {
  std::sort(cdf->begin(), cdf->end(),
            [](const CdfPoint& a, const CdfPoint& b) { return a.percent < b.percent; });
}

// Of an object {"50": value, …}.
std::vector<CdfPoint> ReadCdf(const json& percentiles) {
  std::vector<CdfPoint> cdf;
  if (!percentiles.is_object()) return cdf;
  for (const auto& member : percentiles.items()) {
    double percent = 0;
    const auto value = JsonNumber(percentiles, member.key());
    const bool is_percent = absl::SimpleAtod(member.key(), &percent) && std::isfinite(percent);
    if (is_percent && value) cdf.push_back({percent, *value});
  }
  Sort(&cdf);
  return cdf;
}

// Of the keys "median_ttft_ms", "p99_ttft_ms", … of `result`.
std::vector<CdfPoint> CdfOfKeys(const json& result, const std::string& metric) {
  json percentiles = json::object();
  if (!result.is_object()) return {};
  for (const auto& member : result.items()) {
    absl::string_view key = member.key();
    if (key == absl::StrCat("median_", metric)) percentiles["50"] = member.value();
    if (!absl::ConsumePrefix(&key, "p") || !absl::ConsumeSuffix(&key, absl::StrCat("_", metric))) {
      continue;
    }
    percentiles[std::string(key)] = member.value();
  }
  return ReadCdf(percentiles);
}

}  // namespace

RunCdfs ReadCdfs(const json& result) {
  const json& metrics = JsonMember(JsonMember(result, "baton"), "metrics");
  RunCdfs cdfs = CdfsOfArrays(result);
  if (metrics.is_object()) {
    for (const auto& metric : metrics.items()) {
      std::vector<CdfPoint> cdf = ReadCdf(JsonMember(metric.value(), "percentiles"));
      if (!cdf.empty()) cdfs[metric.key()] = std::move(cdf);
    }
  }
  for (const char* metric : {"ttft_ms", "tpot_ms", "itl_ms", "e2el_ms"}) {
    if (cdfs.count(metric) > 0) continue;
    std::vector<CdfPoint> cdf = CdfOfKeys(result, metric);
    if (cdf.size() >= 2) cdfs[metric] = std::move(cdf);
  }
  return cdfs;
}

}  // namespace baton
