#include "tests/load/report/sweep_lines.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/load/report/axis.h"

namespace baton {
namespace {

constexpr char kConcurrency[] = "max_concurrency";
constexpr char kRate[] = "request_rate";

double ValueOf(const RunView& run, const std::string& variable) {
  if (run.sweep_variable == variable && std::isfinite(run.sweep_value)) return run.sweep_value;
  const auto found = run.numbers.find(variable);
  return found == run.numbers.end() ? std::nan("") : found->second;
}

std::string LabelOf(const std::string& variable, double value) {
  if (variable == kConcurrency) return absl::StrCat("c=", FormatNumber(value));
  if (variable == kRate) return absl::StrCat(FormatNumber(value), " /s");
  return FormatNumber(value);
}

// Empty unless there are two different values.
std::vector<SweepStep> StepsOf(absl::Span<const RunView> runs, const std::string& server,
                               const std::string& variable) {
  std::vector<SweepStep> steps;
  for (size_t i = 0; i < runs.size(); ++i) {
    const double value = ValueOf(runs[i], variable);
    if (runs[i].server != server || !std::isfinite(value)) continue;
    steps.push_back({i, value, LabelOf(variable, value)});
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const SweepStep& a, const SweepStep& b) { return a.value < b.value; });
  if (steps.empty() || steps.front().value == steps.back().value) steps.clear();
  return steps;
}

SweepLine LineOf(absl::Span<const RunView> runs, const RunView& first) {
  for (const std::string& variable :
       {first.sweep_variable, std::string(kConcurrency), std::string(kRate)}) {
    if (variable.empty()) continue;
    std::vector<SweepStep> steps = StepsOf(runs, first.server, variable);
    if (!steps.empty()) return {first.server, std::move(steps)};
  }
  return {first.server, {}};
}

}  // namespace

std::vector<SweepLine> SweepLines(absl::Span<const RunView> runs) {
  std::vector<SweepLine> lines;
  for (size_t i = 0; i < runs.size(); ++i) {
    const auto same = [&](const RunView& other) { return other.server == runs[i].server; };
    if (std::any_of(runs.begin(), runs.begin() + i, same)) continue;
    SweepLine line = LineOf(runs, runs[i]);
    if (!line.steps.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace baton
