// Finds the highest load at which a server still meets its objectives. Pure: it says what to try.
#ifndef BATON_TESTS_LOAD_BENCH_LOAD_SEARCH_H_
#define BATON_TESTS_LOAD_BENCH_LOAD_SEARCH_H_

#include "absl/types/optional.h"

namespace baton {

// Tries `low`, then `high`, then halves what lies between the highest load that was met and the
// lowest that was not, by their geometric mean, until these are within `precision` of each other.
class LoadSearch {
 public:
  // 0 < low < high; `precision` as a share of the load, above 0. `whole`: only whole numbers.
  LoadSearch(double low, double high, double precision, bool whole);

  // What to try next; unset when it is over.
  absl::optional<double> Next() const;
  // How the last one went.
  void Tell(bool met);

  // The highest that was met; unset if not even `low` was.
  absl::optional<double> best() const { return best_; }
  // Whether `high` was met, too, so that the limit lies beyond.
  bool is_beyond() const { return best_ && !worst_; }

 private:
  const double low_, high_, precision_;
  const bool whole_;
  absl::optional<double> best_, worst_;
  bool tried_low_ = false;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BENCH_LOAD_SEARCH_H_
