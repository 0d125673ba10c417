#include "tests/load/report/html_report.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/load/report/html_facts.h"
#include "tests/load/report/html_page.h"
#include "tests/load/report/html_tables.h"
#include "tests/load/report/legend.h"
#include "tests/load/report/outcomes_bar.h"
#include "tests/load/report/read_run.h"
#include "tests/load/report/run_charts.h"
#include "tests/load/report/run_style.h"

namespace baton {
namespace {

constexpr size_t kMostPointsOfSeries = 1000, kLeastPointsOfSeries = 40;
constexpr size_t kMostPointsOfSection = 12000;

size_t PointsPerSeries(const std::vector<Chart>& charts) {
  size_t num_series = 1;
  for (const Chart& chart : charts) num_series += chart.series.size();
  return std::max(kLeastPointsOfSeries,
                  std::min(kMostPointsOfSeries, kMostPointsOfSection / num_series));
}

void OpenSection(const char* title, const char* hint, XmlWriter* html) {
  html->Open("section");
  html->Open("h2");
  html->Text(absl::StrCat(title, " "));
  html->Element("small", {}, hint);
  html->Close();
}

// Nothing if there are no charts.
void WriteCharts(const char* title, const char* hint, const std::vector<Chart>& charts,
                 XmlWriter* html) {
  if (charts.empty()) return;
  OpenSection(title, hint, html);
  WriteLegend(charts, html);
  html->Open("div", {{"class", "grid"}});
  for (const Chart& chart : charts) WriteChart(chart, PointsPerSeries(charts), html);
  html->Close();
  html->Close();
}

void WriteEndings(absl::Span<const RunView> runs, XmlWriter* html) {
  OpenSection("Outcomes", "", html);
  WriteOutcomes(runs, html);
  WriteEnds(runs, html);
  html->Close();
}

std::string Body(absl::Span<const RunView> runs) {
  std::vector<std::string> servers;
  for (const RunView& run : runs) servers.push_back(run.server);
  const std::vector<RunStyle> styles = StylesOf(servers);
  XmlWriter html;
  WriteBanners(runs, &html);
  WriteFacts(runs, &html);
  OpenSection("Summary", "", &html);
  WriteSummary(runs, &html);
  html.Close();
  WriteCharts("Latency against throughput", "further right and further down is better",
              SweepCharts(runs), &html);
  WriteCharts("Latency of each request", "by when it was due", LatencyCharts(runs), &html);
  WriteCharts("Distribution of latencies", "the share of values that are at most so large",
              CdfCharts(runs, styles), &html);
  WriteCharts("Over the run", "", TimelineCharts(runs, styles), &html);
  WriteEndings(runs, &html);
  return std::move(html).Finish();
}

}  // namespace

std::string HtmlReport(const std::vector<NamedResult>& results) {
  std::vector<RunView> runs;
  for (const NamedResult& result : results) runs.push_back(ReadRun(result.name, result.json));
  const std::string title = runs.size() == 1 ? absl::StrCat("Load report: ", runs[0].name)
                                             : absl::StrCat("Load report: ", runs.size(), " runs");
  return HtmlPage(title, runs.empty() ? "<p>There are no runs.</p>" : Body(runs));
}

}  // namespace baton
