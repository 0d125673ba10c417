#include "tests/load/report/chart_series.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tests/load/report/downsample.h"

namespace baton {
namespace {

constexpr size_t kMostTitles = 40;  // more points than this carry no title of their own

std::vector<ChartPoint> Fewer(const std::vector<ChartPoint>& points, size_t most) {
  std::vector<double> ys;
  for (const ChartPoint& point : points) ys.push_back(IsDrawn(point) ? point.y : std::nan(""));
  std::vector<ChartPoint> fewer;
  for (const size_t i : DownsampleMinMax(ys, most)) fewer.push_back(points[i]);
  return fewer;
}

std::string At(char command, const ChartPoint& point, const ChartFrame& frame) {
  return absl::StrFormat("%c%.1f %.1f", command, frame.PixelX(point.x), frame.PixelY(point.y));
}

// A line that is broken where points are not finite.
std::string LinePath(const std::vector<ChartPoint>& points, const ChartFrame& frame) {
  std::string path;
  bool pen_down = false;
  for (const ChartPoint& point : points) {
    if (IsDrawn(point)) absl::StrAppend(&path, At(pen_down ? 'L' : 'M', point, frame));
    pen_down = IsDrawn(point);
  }
  return path;
}

std::string MarksPath(const std::vector<ChartPoint>& points, const RunStyle& style,
                      const ChartFrame& frame) {
  std::string path;
  for (const ChartPoint& point : points) {
    if (IsDrawn(point)) absl::StrAppend(&path, At('M', point, frame), MarkPath(style));
  }
  return path;
}

// "x,y x,y …" as they are to be read, in the path's order.
std::string Values(const std::vector<ChartPoint>& points) {
  std::string values;
  for (const ChartPoint& point : points) {
    if (!IsDrawn(point)) continue;
    absl::StrAppend(&values, values.empty() ? "" : " ", FormatNumber(point.x), ",",
                    FormatNumber(point.y));
  }
  return values;
}

// The points' labels, if they have any, with ';' between them.
std::string Labels(const std::vector<ChartPoint>& points) {
  std::vector<std::string> labels;
  for (const ChartPoint& point : points) {
    if (IsDrawn(point)) labels.push_back(point.label);
  }
  const bool any = std::any_of(labels.begin(), labels.end(),
                               [](const std::string& label) { return !label.empty(); });
  return any ? absl::StrJoin(labels, ";") : "";
}

std::string PointTitle(const Chart& chart, const ChartSeries& series, const ChartPoint& point) {
  return absl::StrCat(series.name, point.label.empty() ? "" : absl::StrCat(", ", point.label), "; ",
                      chart.x.label, ": ", FormatNumber(point.x), "; ", chart.y.label, ": ",
                      FormatNumber(point.y));
}

void WriteMarks(const Chart& chart, const ChartSeries& series,
                const std::vector<ChartPoint>& points, const ChartFrame& frame, XmlWriter* svg) {
  if (points.size() > kMostTitles) {
    svg->Element("path", {{"class", "marks"}, {"d", MarksPath(points, series.style, frame)}});
    return;
  }
  for (const ChartPoint& point : points) {
    if (!IsDrawn(point)) continue;
    svg->Open("path", {{"class", "marks"}, {"d", MarksPath({point}, series.style, frame)}});
    svg->Element("title", {}, PointTitle(chart, series, point));
    svg->Close();
  }
}

}  // namespace

void WriteSeries(const Chart& chart, const ChartSeries& series, const ChartFrame& frame,
                 size_t most_points, XmlWriter* svg) {
  const std::vector<ChartPoint> points = Fewer(series.points, most_points);
  svg->Open("g", {{"class", absl::StrCat("series ", ColourClass(series.style), " ", series.toggle)},
                  {"data-n", series.name},
                  {"data-v", Values(points)},
                  {"data-l", Labels(points)}});
  svg->Element("title", {}, series.name);
  if (series.shape != SeriesShape::kMarkers) {
    svg->Element("path", {{"class", "line"},
                          {"stroke-dasharray", std::string(Dashes(series.style))},
                          {"d", LinePath(points, frame)}});
  }
  if (series.shape != SeriesShape::kLine) WriteMarks(chart, series, points, frame, svg);
  svg->Close();
}

}  // namespace baton
