#include "tests/load/report/chart_frame.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_format.h"

namespace baton {
namespace {

constexpr size_t kMostTicks = 5, kMostLogTicks = 9;

std::string Pixels(double value) { return absl::StrFormat("%.1f", value); }

std::vector<ChartTick> TicksOf(const ChartScale& scale) {
  return Ticks(scale, scale.log ? kMostLogTicks : kMostTicks);
}

// Of the coordinates that the axis can show.
ChartScale ScaleOf(const Chart& chart, const ChartAxis& axis, double ChartPoint::*coordinate) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  const auto cover = [&](double value) {
    if (axis.log && value <= 0) return;
    low = std::min(low, value);
    high = std::max(high, value);
  };
  for (const double value : axis.covers) cover(value);
  for (const ChartSeries& series : chart.series) {
    for (const ChartPoint& point : series.points) {
      if (IsDrawn(point)) cover(point.*coordinate);
    }
  }
  if (axis.log) return LogScale(low, high);
  if (axis.tight && high > std::max(low, 0.0)) return {std::min(low, 0.0), high * 1.03, false};
  return LinearScale(low, high);
}

void WriteLine(double x1, double y1, double x2, double y2, XmlWriter* svg) {
  svg->Element("line", {{"class", "grid"},
                        {"x1", Pixels(x1)},
                        {"y1", Pixels(y1)},
                        {"x2", Pixels(x2)},
                        {"y2", Pixels(y2)}});
}

void WriteText(const char* style, double x, double y, const std::string& text, XmlWriter* svg) {
  svg->Element("text", {{"class", style}, {"x", Pixels(x)}, {"y", Pixels(y)}}, text);
}

}  // namespace

bool IsDrawn(const ChartPoint& point) { return std::isfinite(point.x) && std::isfinite(point.y); }

double ChartFrame::PixelX(double value) const {
  return kPlotLeft + x.Share(value) * (kPlotRight - kPlotLeft);
}

double ChartFrame::PixelY(double value) const {
  return kPlotBottom - y.Share(value) * (kPlotBottom - kPlotTop);
}

ChartFrame FrameOf(const Chart& chart) {
  return {ScaleOf(chart, chart.x, &ChartPoint::x), ScaleOf(chart, chart.y, &ChartPoint::y)};
}

void WriteAxes(const Chart& chart, const ChartFrame& frame, XmlWriter* svg) {
  for (const ChartTick& tick : TicksOf(frame.y)) {
    const double y = frame.PixelY(tick.value);
    WriteLine(kPlotLeft, y, kPlotRight, y, svg);
    WriteText("tick end", kPlotLeft - 6, y + 4, tick.label, svg);
  }
  for (const ChartTick& tick : TicksOf(frame.x)) {
    const double x = frame.PixelX(tick.value);
    WriteLine(x, kPlotTop, x, kPlotBottom, svg);
    WriteText("tick mid", x, kPlotBottom + 17, tick.label, svg);
  }
  WriteText("axis", 4, 14, chart.y.label, svg);
  WriteText("axis end", kPlotRight, kChartHeight - 10, chart.x.label, svg);
}

}  // namespace baton
