#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/load/report/run_charts.h"

namespace baton {
namespace {

constexpr size_t kFewPoints = 10;

struct CdfMetric {
  const char *key, *title;
};

constexpr CdfMetric kMetrics[] = {
    {"ttft_ms", "Time to first token (TTFT)"},
    {"ttft_from_schedule_ms", "TTFT, from when the request was due"},
    {"tpot_ms", "Time per output token (TPOT)"},
    {"itl_ms", "Inter-token latency (ITL)"},
    {"e2el_ms", "End-to-end latency (E2EL)"},
    {"e2el_from_schedule_ms", "E2EL, from when the request was due"},
};

ChartSeries CdfSeries(const RunView& run, size_t index, const RunStyle& style,
                      const std::string& metric) {
  ChartSeries series;
  series.name = run.name;
  series.toggle = absl::StrCat("r", index);
  series.style = style;
  const auto cdf = run.cdfs.find(metric);
  if (cdf == run.cdfs.end()) return series;
  for (const CdfPoint& point : cdf->second)
    series.points.push_back({point.value, point.percent, ""});
  // A line alone would claim to know what is between a few percentiles.
  if (series.points.size() < kFewPoints) series.shape = SeriesShape::kLineAndMarkers;
  return series;
}

}  // namespace

std::vector<Chart> CdfCharts(absl::Span<const RunView> runs, absl::Span<const RunStyle> styles) {
  std::vector<Chart> charts;
  for (const CdfMetric& metric : kMetrics) {
    Chart chart;
    chart.title = metric.title;
    chart.x = {"at most, ms", true};
    chart.y = {"share, %", false, false, {100}};
    for (size_t i = 0; i < runs.size(); ++i) {
      chart.series.push_back(CdfSeries(runs[i], i, styles[i], metric.key));
    }
    if (HasPoints(chart)) charts.push_back(std::move(chart));
  }
  return charts;
}

}  // namespace baton
