#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/load/report/run_charts.h"
#include "tests/load/report/sweep_lines.h"

namespace baton {
namespace {

struct SweepStatistic {
  const char *key, *title;
};

constexpr SweepStatistic kStatistics[] = {
    {"median_ttft_ms", "Median time to first token"},
    {"p99_ttft_ms", "p99 time to first token"},
    {"median_tpot_ms", "Median time per output token"},
    {"p99_tpot_ms", "p99 time per output token"},
};

double NumberOf(const RunView& run, const std::string& key) {
  const auto found = run.numbers.find(key);
  return found == run.numbers.end() ? std::nan("") : found->second;
}

ChartSeries SweepSeries(absl::Span<const RunView> runs, const SweepLine& line, size_t index,
                        const std::string& key) {
  ChartSeries series;
  series.name = line.server.empty() ? "runs" : line.server;
  series.toggle = absl::StrCat("w", index);
  series.style = {index, index, index};
  series.shape = SeriesShape::kLineAndMarkers;
  for (const SweepStep& step : line.steps) {
    const RunView& run = runs[step.run];
    series.points.push_back({NumberOf(run, "output_throughput"), NumberOf(run, key), step.label});
  }
  return series;
}

}  // namespace

std::vector<Chart> SweepCharts(absl::Span<const RunView> runs) {
  const std::vector<SweepLine> lines = SweepLines(runs);
  std::vector<Chart> charts;
  for (const SweepStatistic& statistic : kStatistics) {
    Chart chart;
    chart.title = absl::StrCat(statistic.title, " against throughput");
    chart.x.label = "output tokens/s";
    chart.y.label = "ms";
    for (size_t i = 0; i < lines.size(); ++i) {
      chart.series.push_back(SweepSeries(runs, lines[i], i, statistic.key));
    }
    if (HasPoints(chart)) charts.push_back(std::move(chart));
  }
  return charts;
}

}  // namespace baton
