// A chart with two axes, as an SVG image. What is drawn is decided here once for all charts:
// scales, ticks, how many points, where labels have room.
#ifndef BATON_TESTS_LOAD_REPORT_CHART_H_
#define BATON_TESTS_LOAD_REPORT_CHART_H_

#include <cstddef>
#include <string>
#include <vector>

#include "tests/load/report/run_style.h"
#include "tests/load/report/xml_writer.h"

namespace baton {

struct ChartPoint {
  double x, y;        // a point that is not finite is a gap in the line
  std::string label;  // written beside the point where there is room; may be empty
};

enum class SeriesShape { kLine, kMarkers, kLineAndMarkers };

struct ChartSeries {
  std::string name;
  std::string toggle;  // the class by which a legend shows and hides it; may be empty
  RunStyle style;
  SeriesShape shape = SeriesShape::kLine;
  std::vector<ChartPoint> points;
};

struct ChartAxis {
  std::string label;  // with its unit
  bool log = false;
  bool tight = false;               // a linear axis ends where the points do, not at a tick
  std::vector<double> covers = {};  // values that it shows, whatever the points are
};

struct Chart {
  std::string title;
  ChartAxis x, y;
  std::vector<ChartSeries> series;
};

// Whether there is anything to draw.
bool HasPoints(const Chart& chart);

// Writes a <figure>. Each series is cut to at most `most_points` (at least 4), with its extremes
// kept. Series of few points carry a <title> a point, others one of their own; the page's script
// makes tooltips of the points' values, which stand in data-v in the order of the path.
void WriteChart(const Chart& chart, size_t most_points, XmlWriter* html);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_CHART_H_
