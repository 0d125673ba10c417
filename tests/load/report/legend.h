// The key to a section's charts.
#ifndef BATON_TESTS_LOAD_REPORT_LEGEND_H_
#define BATON_TESTS_LOAD_REPORT_LEGEND_H_

#include <vector>

#include "tests/load/report/chart.h"
#include "tests/load/report/xml_writer.h"

namespace baton {

// A button for each different series (by its toggle) of the charts that has points, drawn as the
// series is. With the page's script it shows and hides them in all charts of its <section>.
void WriteLegend(const std::vector<Chart>& charts, XmlWriter* html);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_LEGEND_H_
