// `baton bench`: measures how a server does under load.
#ifndef BATON_TESTS_LOAD_BENCH_BENCH_H_
#define BATON_TESTS_LOAD_BENCH_BENCH_H_

#include <atomic>
#include <functional>
#include <ostream>

#include "absl/status/statusor.h"
#include "tests/load/bench/bench_options.h"

namespace baton {

// How it went, if it could be done at all.
struct BenchEnd {
  bool interrupted = false;  // `stop` was set: what there is was saved, marked as partial
  bool failed = false;       // requests failed, or answers were not what they had to be
};

// Runs everything that the options ask for: tables go to `out`, progress and warnings to `err`,
// files where the options say. `connected`, which may be null, is called once the server has
// answered; from then on it ends early when `stop` is set by another thread. Errors name the
// option, the file or the address: INVALID_ARGUMENT is about options and their files, NOT_FOUND and
// UNAVAILABLE about the server, DATA_LOSS about results that could not be kept. Blocks.
absl::StatusOr<BenchEnd> RunBench(const BenchOptions& options, const std::atomic<bool>* stop,
                                  std::function<void()> connected, std::ostream& out,
                                  std::ostream& err);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BENCH_BENCH_H_
