#include "tests/load/report/chart.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/load/report/chart_frame.h"
#include "tests/load/report/chart_series.h"
#include "tests/load/report/label_placement.h"

namespace baton {
namespace {

constexpr double kCharWidth = 6.4, kLabelHeight = 13;

// The points of all series that have a label.
void WriteLabels(const Chart& chart, const ChartFrame& frame, XmlWriter* svg) {
  std::vector<LabelRequest> requests;
  std::vector<std::pair<const ChartSeries*, const ChartPoint*>> labelled;
  for (const ChartSeries& series : chart.series) {
    for (const ChartPoint& point : series.points) {
      if (point.label.empty() || !IsDrawn(point)) continue;
      requests.push_back({frame.PixelX(point.x), frame.PixelY(point.y),
                          kCharWidth * static_cast<double>(point.label.size()), kLabelHeight});
      labelled.emplace_back(&series, &point);
    }
  }
  const auto placed = PlaceLabels(requests, {kPlotLeft, 16, kChartWidth, kPlotBottom});
  for (size_t i = 0; i < placed.size(); ++i) {
    if (!placed[i]) continue;
    svg->Element("text",
                 {{"class", absl::StrCat("label ", labelled[i].first->toggle)},
                  {"x", absl::StrFormat("%.1f", placed[i]->left)},
                  {"y", absl::StrFormat("%.1f", placed[i]->bottom - 3)}},
                 labelled[i].second->label);
  }
}

}  // namespace

bool HasPoints(const Chart& chart) {
  return std::any_of(chart.series.begin(), chart.series.end(), [](const ChartSeries& series) {
    return std::any_of(series.points.begin(), series.points.end(), IsDrawn);
  });
}

void WriteChart(const Chart& chart, size_t most_points, XmlWriter* html) {
  const ChartFrame frame = FrameOf(chart);
  html->Open("figure", {{"class", "card"}});
  html->Element("figcaption", {}, chart.title);
  html->Open("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                     {"class", "chart"},
                     {"viewBox", absl::StrFormat("0 0 %.0f %.0f", kChartWidth, kChartHeight)},
                     {"tabindex", "0"},
                     {"role", "img"},
                     {"aria-label",
                      absl::StrCat(chart.title, ": ", chart.y.label, " against ", chart.x.label)},
                     {"data-x", chart.x.label},
                     {"data-y", chart.y.label}});
  WriteAxes(chart, frame, html);
  for (const ChartSeries& series : chart.series) {
    WriteSeries(chart, series, frame, most_points, html);
  }
  WriteLabels(chart, frame, html);
  html->Close();
  html->Close();
}

}  // namespace baton
