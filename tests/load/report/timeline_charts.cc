#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/load/report/run_charts.h"

namespace baton {
namespace {

// `values` in the middle of their intervals, each times `factor`.
ChartSeries TimelineSeries(const RunView& run, size_t index, const RunStyle& style,
                           const std::vector<double>& values, double factor) {
  ChartSeries series;
  series.name = run.name;
  series.toggle = absl::StrCat("r", index);
  series.style = style;
  for (size_t i = 0; i < values.size(); ++i) {
    const double at_s = (static_cast<double>(i) + 0.5) * run.timeline.interval_s;
    series.points.push_back({at_s, values[i] * factor, ""});
  }
  // One interval alone makes no line.
  if (values.size() == 1) series.shape = SeriesShape::kLineAndMarkers;
  return series;
}

}  // namespace

std::vector<Chart> TimelineCharts(absl::Span<const RunView> runs,
                                  absl::Span<const RunStyle> styles) {
  Chart tokens, running;
  tokens.title = "Output tokens";
  tokens.y.label = "tokens/s";
  running.title = "Running requests";
  running.y.label = "requests, most at once in an interval";
  for (size_t i = 0; i < runs.size(); ++i) {
    const RunTimeline& timeline = runs[i].timeline;
    if (timeline.interval_s <= 0) continue;
    tokens.series.push_back(
        TimelineSeries(runs[i], i, styles[i], timeline.output_tokens, 1 / timeline.interval_s));
    running.series.push_back(TimelineSeries(runs[i], i, styles[i], timeline.running, 1));
  }
  std::vector<Chart> charts;
  for (Chart* chart : {&tokens, &running}) {
    chart->x.label = "since the run began, s";
    chart->x.tight = true;
    if (HasPoints(*chart)) charts.push_back(std::move(*chart));
  }
  return charts;
}

}  // namespace baton
