#include "tests/load/compare/interleaving.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"

namespace baton {
namespace {

struct StartedRun {
  absl::Time at;
  size_t pair;
  char side;
};

std::vector<StartedRun> InOrder(absl::Span<const absl::Time> a, absl::Span<const absl::Time> b) {
  std::vector<StartedRun> runs;
  for (size_t i = 0; i < a.size(); ++i) runs.push_back({a[i], i, 'A'});
  for (size_t i = 0; i < b.size(); ++i) runs.push_back({b[i], i, 'B'});
  std::stable_sort(runs.begin(), runs.end(),
                   [](const StartedRun& x, const StartedRun& y) { return x.at < y.at; });
  return runs;
}

std::string Sides(const std::vector<StartedRun>& runs) {
  std::string sides;
  for (const StartedRun& run : runs)
    absl::StrAppend(&sides, sides.empty() ? "" : " ", std::string(1, run.side));
  return sides;
}

}  // namespace

std::string InterleavingWarning(absl::Span<const absl::Time> a, absl::Span<const absl::Time> b) {
  const std::vector<StartedRun> runs = InOrder(a, b);
  if (a.size() != b.size() || a.size() < 2) return "";
  bool together = true, turned = true;
  for (size_t i = 0; i + 1 < runs.size(); i += 2) {
    together = together && runs[i].pair == runs[i + 1].pair;
    if (i > 0) turned = turned && runs[i].side == runs[i - 1].side;
  }
  const std::string order = absl::StrCat("the runs started in the order ", Sides(runs));
  if (!together) {
    return absl::StrCat(order, ", not pair after pair: what changed meanwhile may pass for a ",
                        "difference; run A B B A A B …");
  }
  if (!turned) {
    return absl::StrCat(order, ": one side's place in the pairs may pass for a difference; ",
                        "run A B B A A B …");
  }
  return "";
}

}  // namespace baton
