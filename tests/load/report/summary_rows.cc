#include "tests/load/report/summary_rows.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace baton {
namespace {

struct RowSpec {
  std::string key, label;
  BetterIs better;
};

struct GroupSpec {
  std::string title;
  std::vector<RowSpec> rows;
};

std::vector<GroupSpec> GroupsBeforeLatencies() {
  constexpr BetterIs kNo = BetterIs::kNeither, kHigh = BetterIs::kHigher;
  return {{"Load",
           {{"completed", "Requests completed", kNo},
            {"failed", "Requests failed", kNo},
            {"duration", "Duration, s", kNo},
            {"request_rate", "Request rate asked, /s", kNo},
            {"max_concurrency", "Most requests at once asked", kNo},
            {"peak_concurrency", "Most requests at once seen", kNo},
            {"max_concurrent_requests", "Requests in one second, at most", kNo},
            {"total_input_tokens", "Input tokens", kNo},
            {"total_output_tokens", "Output tokens", kNo},
            {"cached_tokens", "Input tokens from the prefix cache", kNo},
            {"moved", "Requests moved to another group", kNo}}},
          {"Throughput",
           {{"request_throughput", "Requests/s", kHigh},
            {"request_goodput", "Goodput, requests/s within the objectives", kHigh},
            {"output_throughput", "Output tokens/s", kHigh},
            {"total_token_throughput", "Input and output tokens/s", kHigh},
            {"max_output_tokens_per_s", "Best second's output tokens", kNo},
            {"steady.request_throughput", "Requests/s, steady part", kHigh},
            {"steady.output_throughput", "Output tokens/s, steady part", kHigh}}}};
}

std::vector<GroupSpec> GroupsAfterLatencies() {
  return {{"The load tool itself",
           {{"lag_ms.p99", "Sent late, p99, ms", BetterIs::kNeither},
            {"lag_ms.max", "Sent late, most, ms", BetterIs::kNeither},
            {"probe_ms.p99", "Own threads late, p99, ms", BetterIs::kNeither},
            {"cpu.cores_used", "CPUs used", BetterIs::kNeither},
            {"cpu.runqueue_share", "Time spent waiting for a CPU, share", BetterIs::kNeither}}}};
}

// The percentiles, ascending, that the runs have of `metric`: "p99_ttft_ms" gives 99.
std::set<double> PercentilesOf(absl::Span<const RunView> runs, const std::string& metric) {
  std::set<double> percentiles;
  for (const RunView& run : runs) {
    for (const auto& number : run.numbers) {
      absl::string_view key = number.first;
      double percent = 0;
      if (absl::ConsumePrefix(&key, "p") && absl::ConsumeSuffix(&key, absl::StrCat("_", metric)) &&
          absl::SimpleAtod(key, &percent) && percent != 50) {
        percentiles.insert(percent);
      }
    }
  }
  return percentiles;
}

GroupSpec LatencyGroup(absl::Span<const RunView> runs, const std::string& metric,
                       const std::string& title) {
  GroupSpec group = {absl::StrCat(title, ", ms"), {}};
  group.rows.push_back({absl::StrCat("mean_", metric), "mean", BetterIs::kLower});
  group.rows.push_back({absl::StrCat("median_", metric), "median", BetterIs::kLower});
  for (const double percent : PercentilesOf(runs, metric)) {
    const std::string p = absl::StrCat("p", percent);
    group.rows.push_back({absl::StrCat(p, "_", metric), p, BetterIs::kLower});
  }
  group.rows.push_back({absl::StrCat("std_", metric), "standard deviation", BetterIs::kNeither});
  return group;
}

std::vector<GroupSpec> AllGroups(absl::Span<const RunView> runs) {
  const std::pair<const char*, const char*> metrics[] = {
      {"ttft_ms", "Time to first token (TTFT)"},
      {"ttft_from_schedule_ms", "TTFT, from when it was due"},
      {"tpot_ms", "Time per output token (TPOT)"},
      {"itl_ms", "Inter-token latency (ITL)"},
      {"e2el_ms", "End-to-end latency (E2EL)"},
      {"e2el_from_schedule_ms", "E2EL, from when it was due"},
      {"queued_ms", "Queued, by the server's account"}};
  std::vector<GroupSpec> groups = GroupsBeforeLatencies();
  for (const auto& metric : metrics) {
    groups.push_back(LatencyGroup(runs, metric.first, metric.second));
  }
  for (GroupSpec& group : GroupsAfterLatencies()) groups.push_back(std::move(group));
  return groups;
}

std::vector<bool> BestOf(const SummaryRow& row, absl::Span<const RunView> runs) {
  std::vector<bool> best(runs.size());
  std::vector<double> valid;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].valid && std::isfinite(row.values[i])) valid.push_back(row.values[i]);
  }
  if (row.better == BetterIs::kNeither || valid.empty()) return best;
  const auto ends = std::minmax_element(valid.begin(), valid.end());
  if (*ends.first == *ends.second) return best;
  const double value = row.better == BetterIs::kHigher ? *ends.second : *ends.first;
  for (size_t i = 0; i < runs.size(); ++i) best[i] = runs[i].valid && row.values[i] == value;
  return best;
}

SummaryRow MakeRow(const RowSpec& spec, absl::Span<const RunView> runs) {
  SummaryRow row = {spec.label, spec.better, {}, {}};
  for (const RunView& run : runs) {
    const auto found = run.numbers.find(spec.key);
    row.values.push_back(found == run.numbers.end() ? std::nan("") : found->second);
  }
  row.best = BestOf(row, runs);
  return row;
}

}  // namespace

std::vector<SummaryGroup> SummaryGroups(absl::Span<const RunView> runs) {
  std::vector<SummaryGroup> groups;
  for (const GroupSpec& spec : AllGroups(runs)) {
    SummaryGroup group = {spec.title, {}};
    for (const RowSpec& row_spec : spec.rows) {
      SummaryRow row = MakeRow(row_spec, runs);
      const auto known = [](double value) { return std::isfinite(value); };
      if (std::any_of(row.values.begin(), row.values.end(), known)) {
        group.rows.push_back(std::move(row));
      }
    }
    if (!group.rows.empty()) groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace baton
