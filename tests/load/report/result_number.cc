#include "tests/load/report/result_number.h"

#include "absl/strings/str_split.h"
#include "tests/load/report/json_access.h"

namespace baton {
namespace {

using nlohmann::json;

absl::optional<double> AtPath(const json& object, const std::string& path) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(path, absl::MaxSplits('.', 1));
  if (parts.second.empty()) return JsonNumber(object, path);
  return AtPath(JsonMember(object, parts.first), parts.second);
}

// `key` is a statistic and a metric: "p99_ttft_ms".
absl::optional<double> FromMetrics(const json& metrics, const std::string& key) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(key, absl::MaxSplits('_', 1));
  const std::string& statistic = parts.first;
  const json& metric = JsonMember(metrics, parts.second);
  if (JsonNumber(metric, "count") == 0.0) return absl::nullopt;
  if (statistic == "mean" || statistic == "std") return JsonNumber(metric, statistic);
  const json& percentiles = JsonMember(metric, "percentiles");
  if (statistic == "median") return JsonNumber(percentiles, "50");
  if (statistic.size() > 1 && statistic[0] == 'p') {
    return JsonNumber(percentiles, statistic.substr(1));
  }
  return absl::nullopt;
}

}  // namespace

absl::optional<double> ResultNumber(const json& result, const std::string& key) {
  if (const auto own = JsonNumber(result, key)) return own;
  const json& baton = JsonMember(result, "baton");
  if (const auto metric = FromMetrics(JsonMember(baton, "metrics"), key)) return metric;
  return AtPath(baton, key);
}

}  // namespace baton
