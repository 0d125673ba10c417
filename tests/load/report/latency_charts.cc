#include <algorithm>
#include <cmath>
#include <utility>

#include "tests/load/report/run_charts.h"

namespace baton {
namespace {

constexpr RunStyle kFirstToken = {0, 0, 0}, kEndToEnd = {2, 0, 2}, kNotCompleted = {1, 0, 4};

bool AllDueAtOnce(const RunRequests& requests) {
  return !requests.due_s.empty() && requests.due_s.front() == requests.due_s.back();
}

ChartSeries Latencies(const RunRequests& requests, const std::vector<double>& latency_ms) {
  ChartSeries series;
  series.shape = SeriesShape::kMarkers;
  const bool by_order = AllDueAtOnce(requests);
  for (size_t i = 0; i < requests.due_s.size(); ++i) {
    if (!std::isfinite(latency_ms[i])) continue;
    series.points.push_back(
        {by_order ? static_cast<double>(i + 1) : requests.due_s[i], latency_ms[i], ""});
  }
  return series;
}

// The latencies of those requests that are completed, or of those that are not.
std::vector<double> Only(const RunRequests& requests, bool completed) {
  std::vector<double> latencies = requests.e2el_ms;
  for (size_t i = 0; i < latencies.size(); ++i) {
    if (requests.completed[i] != completed) latencies[i] = std::nan("");
  }
  return latencies;
}

void Add(ChartSeries series, const char* name, const char* toggle, const RunStyle& style,
         Chart* chart) {
  if (series.points.empty()) return;
  series.name = name;
  series.toggle = toggle;
  series.style = style;
  chart->series.push_back(std::move(series));
}

Chart LatencyChart(const RunView& run) {
  const RunRequests& requests = run.requests;
  Chart chart;
  chart.title = run.name;
  chart.x.label = AllDueAtOnce(requests) ? "request, in order (all due at once)" : "due at, s";
  chart.x.tight = true;
  chart.y = {"latency, ms", true};
  Add(Latencies(requests, Only(requests, true)), "end to end", "le", kEndToEnd, &chart);
  Add(Latencies(requests, requests.ttft_ms), "first token", "lt", kFirstToken, &chart);
  Add(Latencies(requests, Only(requests, false)), "end to end, not completed", "lf", kNotCompleted,
      &chart);
  return chart;
}

// The smallest and the largest latency above 0 in all charts.
std::vector<double> LatencyRange(const std::vector<Chart>& charts) {
  std::vector<double> range;
  for (const Chart& chart : charts) {
    for (const ChartSeries& series : chart.series) {
      for (const ChartPoint& point : series.points) {
        if (!(point.y > 0)) continue;
        if (range.empty()) range = {point.y, point.y};
        range = {std::min(range[0], point.y), std::max(range[1], point.y)};
      }
    }
  }
  return range;
}

}  // namespace

std::vector<Chart> LatencyCharts(absl::Span<const RunView> runs) {
  std::vector<Chart> charts;
  for (const RunView& run : runs) {
    Chart chart = LatencyChart(run);
    if (HasPoints(chart)) charts.push_back(std::move(chart));
  }
  const std::vector<double> range = LatencyRange(charts);
  for (Chart& chart : charts) chart.y.covers = range;
  return charts;
}

}  // namespace baton
