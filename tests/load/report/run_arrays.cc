#include "tests/load/report/run_arrays.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <utility>

#include "tests/load/report/json_access.h"
#include "tests/load/stats/sorted_values.h"

namespace baton {
namespace {

using nlohmann::json;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kMostSeconds = 1e6;  // a timeline that is longer is no timeline

double Percentile(const std::vector<double>& sorted, double percent) {
  return ValueAtRank(sorted, static_cast<double>(sorted.size() - 1) * percent / 100);
}

// The requests' indices in the order in which they were sent.
std::vector<size_t> OrderSent(const std::vector<double>& starts) {
  std::vector<size_t> order(starts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return starts[a] < starts[b]; });
  return order;
}

// Seconds since the first was sent; empty if the arrays cannot make a timeline.
std::vector<double> StartsFromZero(const json& result, const std::vector<double>& latencies) {
  std::vector<double> starts = JsonNumbers(JsonMember(result, "start_times"));
  if (starts.size() != latencies.size()) return {};
  const auto finite = [](double x) { return std::isfinite(x); };
  if (starts.empty() || !std::all_of(starts.begin(), starts.end(), finite)) return {};
  const double first = *std::min_element(starts.begin(), starts.end());
  for (double& start : starts) start -= first;
  return starts;
}

void AddChunks(double first_s, const std::vector<double>& gaps_s, std::vector<double>* seconds) {
  double at = first_s;
  for (size_t i = 0; i <= gaps_s.size(); ++i) {
    if (at >= 0 && at < static_cast<double>(seconds->size())) ++(*seconds)[static_cast<size_t>(at)];
    if (i < gaps_s.size() && std::isfinite(gaps_s[i])) at += gaps_s[i];
  }
}

}  // namespace

std::vector<CdfPoint> MakeCdf(std::vector<double> values) {
  const auto odd = [](double value) { return !std::isfinite(value); };
  values.erase(std::remove_if(values.begin(), values.end(), odd), values.end());
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  std::vector<CdfPoint> cdf;
  for (int percent = 0; percent < 100; ++percent) {
    cdf.push_back({1.0 * percent, Percentile(values, percent)});
  }
  cdf.push_back({99.9, Percentile(values, 99.9)});
  cdf.push_back({100, values.back()});
  return cdf;
}

RunRequests RequestsOfArrays(const json& result) {
  const std::vector<double> latencies = JsonNumbers(JsonMember(result, "latencies"));
  const std::vector<double> ttfts = JsonNumbers(JsonMember(result, "ttfts"));
  const std::vector<double> starts = StartsFromZero(result, latencies);
  RunRequests requests;
  if (starts.empty() || ttfts.size() != latencies.size()) return requests;
  for (const size_t i : OrderSent(starts)) {
    requests.due_s.push_back(starts[i]);
    requests.ttft_ms.push_back(ttfts[i] > 0 ? ttfts[i] * 1000 : kNan);
    requests.e2el_ms.push_back(latencies[i] > 0 ? latencies[i] * 1000 : kNan);
    requests.completed.push_back(latencies[i] > 0);
  }
  return requests;
}

RunTimeline TimelineOfArrays(const json& result) {
  const std::vector<double> latencies = JsonNumbers(JsonMember(result, "latencies"));
  const std::vector<double> ttfts = JsonNumbers(JsonMember(result, "ttfts"));
  const std::vector<double> starts = StartsFromZero(result, latencies);
  const json& itls = JsonMember(result, "itls");
  if (starts.empty()) return {};
  if (!itls.is_array() || itls.size() != starts.size() || ttfts.size() != starts.size()) return {};
  double end = 0;
  for (size_t i = 0; i < starts.size(); ++i) end = std::fmax(end, starts[i] + latencies[i]);
  if (!(end < kMostSeconds)) return {};
  RunTimeline timeline;
  timeline.interval_s = 1;
  timeline.output_tokens.resize(static_cast<size_t>(end) + 1);
  std::vector<double> change(timeline.output_tokens.size() + 1);  // of the requests that run
  for (size_t i = 0; i < starts.size(); ++i) {
    if (!(latencies[i] > 0)) continue;
    AddChunks(starts[i] + ttfts[i], JsonNumbers(itls[i]), &timeline.output_tokens);
    ++change[static_cast<size_t>(starts[i])];
    --change[static_cast<size_t>(starts[i] + latencies[i]) + 1];
  }
  timeline.running.resize(timeline.output_tokens.size());
  std::partial_sum(change.begin(), change.end() - 1, timeline.running.begin());
  return timeline;
}

RunCdfs CdfsOfArrays(const json& result) {
  const std::vector<double> latencies = JsonNumbers(JsonMember(result, "latencies"));
  std::vector<double> ttfts = JsonNumbers(JsonMember(result, "ttfts"));
  std::vector<double> lens = JsonNumbers(JsonMember(result, "output_lens"));
  const json& itls = JsonMember(result, "itls");
  ttfts.resize(latencies.size(), kNan);
  lens.resize(latencies.size(), kNan);
  std::map<std::string, std::vector<double>> values;
  for (size_t i = 0; i < latencies.size(); ++i) {
    if (!(latencies[i] > 0)) continue;
    values["ttft_ms"].push_back(ttfts[i] * 1000);
    values["e2el_ms"].push_back(latencies[i] * 1000);
    if (lens[i] > 1) values["tpot_ms"].push_back((latencies[i] - ttfts[i]) / (lens[i] - 1) * 1000);
    if (!itls.is_array() || i >= itls.size()) continue;
    for (const double gap : JsonNumbers(itls[i])) values["itl_ms"].push_back(gap * 1000);
  }
  RunCdfs cdfs;
  for (auto& metric : values) {
    std::vector<CdfPoint> cdf = MakeCdf(std::move(metric.second));
    if (!cdf.empty()) cdfs[metric.first] = std::move(cdf);
  }
  return cdfs;
}

}  // namespace baton
