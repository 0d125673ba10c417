// One series of a chart, drawn.
#ifndef BATON_TESTS_LOAD_REPORT_CHART_SERIES_H_
#define BATON_TESTS_LOAD_REPORT_CHART_SERIES_H_

#include <cstddef>

#include "tests/load/report/chart.h"
#include "tests/load/report/chart_frame.h"
#include "tests/load/report/xml_writer.h"

namespace baton {

// Writes the <g> of `series`, which is one of the chart's, with at most `most_points` points; see
// WriteChart. The labels beside points are not part of it.
void WriteSeries(const Chart& chart, const ChartSeries& series, const ChartFrame& frame,
                 size_t most_points, XmlWriter* svg);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_CHART_SERIES_H_
