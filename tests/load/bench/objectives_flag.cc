#include "tests/load/bench/objectives_flag.h"

#include <cmath>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace baton {

absl::StatusOr<Objectives> ParseObjectives(const std::vector<std::string>& values) {
  Objectives objectives;
  for (const std::string& value : values) {
    const auto wrong = [&](absl::string_view why) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--goodput: \"", value, "\" ", why, "; expected for example ttft:200 tpot:50 e2el:3000"));
    };
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(value, absl::MaxSplits(':', 1));
    absl::optional<absl::Duration>* objective = parts.first == "ttft"   ? &objectives.ttft
                                                : parts.first == "tpot" ? &objectives.tpot
                                                : parts.first == "e2el" ? &objectives.e2el
                                                                        : nullptr;
    if (objective == nullptr) return wrong("names no metric");
    if (*objective) return wrong("is given twice");
    double ms;
    if (!absl::SimpleAtod(parts.second, &ms) || !std::isfinite(ms) || ms < 0) {
      return wrong("has no number of milliseconds");
    }
    *objective = absl::Milliseconds(ms);
  }
  return objectives;
}

}  // namespace baton
