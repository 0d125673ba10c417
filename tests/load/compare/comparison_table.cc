#include "tests/load/compare/comparison_table.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "tests/load/report/axis.h"

namespace baton {
namespace {

using TableRow = std::vector<std::string>;

std::string IntervalText(const ComparedMetric& metric) {
  if (!metric.interval) return "none";
  return absl::StrFormat("%.3f to %.3f", metric.interval->low, metric.interval->high);
}

std::vector<TableRow> Rows(const ResultComparison& comparison,
                           const ComparisonTableOptions& options) {
  const std::string &a = options.a_name, &b = options.b_name;
  std::vector<TableRow> rows = {
      {"metric", a, b, absl::StrCat(b, "/", a), "95 % interval", absl::StrCat(b, " is")}};
  for (const ComparedMetric& metric : comparison.metrics) {
    rows.push_back({metric.name, FormatNumber(metric.a), FormatNumber(metric.b),
                    absl::StrFormat("%.3f", metric.ratio), IntervalText(metric),
                    std::string(CompareVerdictName(metric.verdict))});
  }
  return rows;
}

std::string PlainTable(const std::vector<TableRow>& rows) {
  std::vector<size_t> widths(rows[0].size());
  for (const TableRow& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string table;
  for (const TableRow& row : rows) {
    absl::StrAppendFormat(&table, "%-*s", widths[0], row[0]);
    for (size_t i = 1; i + 1 < row.size(); ++i) {
      absl::StrAppendFormat(&table, "  %*s", widths[i], row[i]);
    }
    absl::StrAppend(&table, "  ", row.back(), "\n");
  }
  return table;
}

std::string MarkdownTable(const std::vector<TableRow>& rows) {
  std::string table;
  for (size_t i = 0; i < rows.size(); ++i) {
    TableRow row = rows[i];
    for (std::string& cell : row) cell = absl::StrReplaceAll(cell, {{"|", "\\|"}, {"\n", " "}});
    absl::StrAppend(&table, "| ", absl::StrJoin(row, " | "), " |\n");
    if (i == 0) absl::StrAppend(&table, "|---|--:|--:|--:|:-:|---|\n");
  }
  return table;
}

std::string PairsText(size_t num_pairs) {
  const std::string pairs = absl::StrCat(num_pairs, num_pairs == 1 ? " pair" : " pairs");
  if (num_pairs >= kLeastPairs) return absl::StrCat(pairs, " of runs; geometric means");
  return absl::StrCat(pairs, ": no interval; at least ", kLeastPairs, " are needed");
}

}  // namespace

std::string ComparisonText(const ResultComparison& comparison,
                           const ComparisonTableOptions& options) {
  std::string text = absl::StrCat(options.b_name, " against ", options.a_name, ", ",
                                  PairsText(comparison.num_pairs), "\n");
  for (const std::string& warning : comparison.warnings) {
    absl::StrAppend(&text, options.markdown ? "\n" : "", "warning: ", warning, "\n");
  }
  const std::vector<TableRow> rows = Rows(comparison, options);
  absl::StrAppend(&text, "\n", options.markdown ? MarkdownTable(rows) : PlainTable(rows));
  return text;
}

}  // namespace baton
