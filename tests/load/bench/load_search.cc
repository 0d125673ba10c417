#include "tests/load/bench/load_search.h"

#include <cmath>

namespace baton {

LoadSearch::LoadSearch(double low, double high, double precision, bool whole)
    : low_(low), high_(high), precision_(precision), whole_(whole) {}

absl::optional<double> LoadSearch::Next() const {
  if (!tried_low_) return low_;
  if (!best_) return absl::nullopt;
  if (!worst_) return *best_ < high_ ? absl::make_optional(high_) : absl::nullopt;
  if (*worst_ <= *best_ * (1 + precision_)) return absl::nullopt;
  const double middle = std::sqrt(*best_ * *worst_);
  if (!whole_) return middle;
  const double rounded = std::round(middle);
  return rounded > *best_ && rounded < *worst_ ? absl::make_optional(rounded) : absl::nullopt;
}

void LoadSearch::Tell(bool met) {
  const double tried = *Next();
  tried_low_ = true;
  (met ? best_ : worst_) = tried;
}

}  // namespace baton
