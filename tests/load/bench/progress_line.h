// A line on the terminal that tells how far a run is.
#ifndef BATON_TESTS_LOAD_BENCH_PROGRESS_LINE_H_
#define BATON_TESTS_LOAD_BENCH_PROGRESS_LINE_H_

#include <ostream>
#include <string>

#include "tests/load/run/load_run.h"

namespace baton {

// "  12.0 s  340/1000 ended, 32 running, 5 waiting, 2 failed, 812 tok/s".
std::string ProgressText(const LoadProgress& progress, size_t planned);

// Writes each text over the one before, and takes the last away when it dies.
class ProgressLine {
 public:
  explicit ProgressLine(std::ostream* out) : out_(out) {}
  ~ProgressLine();
  void Show(const std::string& text);

 private:
  std::ostream* const out_;
  bool shown_ = false;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BENCH_PROGRESS_LINE_H_
