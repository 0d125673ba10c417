// The flags of `baton bench`. Names and defaults are those of `vllm bench serve` wherever it has
// them.
#ifndef BATON_MAIN_BENCH_FLAGS_H_
#define BATON_MAIN_BENCH_FLAGS_H_

#include <string>

#include "CLI/CLI.hpp"  // CLI11 is headers only
#include "absl/status/status.h"
#include "tests/load/bench/bench_options.h"

namespace baton {

// `options` must outlive the parsing.
void AddBenchOptions(CLI::App* app, BenchOptions* options);

// INVALID_ARGUMENT if one was given, as `app` has parsed it, that means nothing to this back end.
absl::Status CheckOptionUses(const CLI::App& app, const std::string& backend);

}  // namespace baton

#endif  // BATON_MAIN_BENCH_FLAGS_H_
