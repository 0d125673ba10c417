// The rectangle in which a chart's points lie, and its axes.
#ifndef BATON_TESTS_LOAD_REPORT_CHART_FRAME_H_
#define BATON_TESTS_LOAD_REPORT_CHART_FRAME_H_

#include "tests/load/report/axis.h"
#include "tests/load/report/chart.h"
#include "tests/load/report/xml_writer.h"

namespace baton {

// The image, in SVG units.
constexpr double kChartWidth = 560, kChartHeight = 300;
constexpr double kPlotLeft = 50, kPlotRight = 546, kPlotTop = 28, kPlotBottom = 252;

struct ChartFrame {
  ChartScale x, y;

  double PixelX(double value) const;
  double PixelY(double value) const;
};

// The frame that holds all of the chart's points.
ChartFrame FrameOf(const Chart& chart);

// Whether the point can be drawn in the chart: finite.
bool IsDrawn(const ChartPoint& point);

// Grid, ticks, and the axes' labels.
void WriteAxes(const Chart& chart, const ChartFrame& frame, XmlWriter* svg);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_CHART_FRAME_H_
