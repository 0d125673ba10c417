#include "tests/load/report/legend.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"

namespace baton {
namespace {

void WriteSample(const ChartSeries& series, XmlWriter* html) {
  html->Open("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                     {"class", ColourClass(series.style)},
                     {"viewBox", "0 0 34 12"},
                     {"aria-hidden", "true"}});
  if (series.shape != SeriesShape::kMarkers) {
    html->Element("path", {{"class", "line"},
                           {"stroke-dasharray", std::string(Dashes(series.style))},
                           {"d", "M1 6H33"}});
  }
  if (series.shape != SeriesShape::kLine) {
    html->Element("path",
                  {{"class", "marks"}, {"d", absl::StrCat("M17 6", MarkPath(series.style))}});
  }
  html->Close();
}

}  // namespace

void WriteLegend(const std::vector<Chart>& charts, XmlWriter* html) {
  std::set<std::string> seen;
  html->Open("div", {{"class", "legend"}});
  for (const Chart& chart : charts) {
    for (const ChartSeries& series : chart.series) {
      if (series.points.empty() || !seen.insert(series.toggle).second) continue;
      html->Open("button",
                 {{"type", "button"}, {"aria-pressed", "true"}, {"data-t", series.toggle}});
      WriteSample(series, html);
      html->Text(series.name);
      html->Close();
    }
  }
  html->Close();
}

}  // namespace baton
