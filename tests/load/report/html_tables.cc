#include "tests/load/report/html_tables.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/load/report/axis.h"
#include "tests/load/report/summary_rows.h"

namespace baton {
namespace {

void OpenTable(const char* caption, absl::Span<const RunView> runs, XmlWriter* html) {
  html->Open("div", {{"class", "scroll"}, {"tabindex", "0"}});
  html->Open("table");
  html->Element("caption", {}, caption);
  html->Open("thead");
  html->Open("tr");
  html->Element("th", {{"scope", "col"}}, "");
  for (const RunView& run : runs) html->Element("th", {{"scope", "col"}}, run.name);
  html->Close();
  html->Close();
}

void CloseTable(XmlWriter* html) {
  html->Close();
  html->Close();
}

void WriteRow(const SummaryRow& row, XmlWriter* html) {
  html->Open("tr");
  html->Element("th", {{"scope", "row"}}, row.label);
  for (size_t i = 0; i < row.values.size(); ++i) {
    html->Open("td", {{"class", row.best[i] ? "best" : ""}});
    if (row.best[i]) html->Element("span", {{"role", "img"}, {"aria-label", "best"}}, "★");
    html->Text(FormatNumber(row.values[i]));
    html->Close();
  }
  html->Close();
}

void WriteGroup(const SummaryGroup& group, size_t num_runs, XmlWriter* html) {
  html->Open("tbody");
  html->Open("tr");
  html->Open("th",
             {{"scope", "rowgroup"}, {"class", "group"}, {"colspan", absl::StrCat(num_runs + 1)}});
  html->Element("span", {}, group.title);
  html->Close();
  html->Close();
  for (const SummaryRow& row : group.rows) WriteRow(row, html);
  html->Close();
}

// All ways of ending, those that the first runs have first.
std::vector<SummaryRow> EndRows(absl::Span<const RunView> runs) {
  std::vector<SummaryRow> rows;
  for (size_t i = 0; i < runs.size(); ++i) {
    for (const RunCount& end : runs[i].ends) {
      auto row = std::find_if(rows.begin(), rows.end(),
                              [&](const SummaryRow& r) { return r.label == end.name; });
      if (row == rows.end()) {
        rows.push_back({end.name, BetterIs::kNeither, std::vector<double>(runs.size()),
                        std::vector<bool>(runs.size())});
        row = rows.end() - 1;
      }
      row->values[i] = end.count;
    }
  }
  return rows;
}

}  // namespace

void WriteSummary(absl::Span<const RunView> runs, XmlWriter* html) {
  OpenTable(runs.size() > 1 ? "★ the best of the valid runs" : "", runs, html);
  for (const SummaryGroup& group : SummaryGroups(runs)) WriteGroup(group, runs.size(), html);
  CloseTable(html);
}

void WriteEnds(absl::Span<const RunView> runs, XmlWriter* html) {
  const std::vector<SummaryRow> rows = EndRows(runs);
  if (rows.empty()) return;
  OpenTable("Requests by how they ended", runs, html);
  html->Open("tbody");
  for (const SummaryRow& row : rows) WriteRow(row, html);
  html->Close();
  CloseTable(html);
}

}  // namespace baton
