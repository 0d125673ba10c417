// `baton bench`: load for this and other servers, and what became of it.
#ifndef BATON_MAIN_CMD_BENCH_H_
#define BATON_MAIN_CMD_BENCH_H_

#include <iosfwd>

#include "main/command.h"
#include "tests/load/bench/bench_options.h"

namespace baton {

// The result is an exit code of exit_code.h: kExitFailure also where requests failed or answers
// were not what they had to be.
int RunBenchCommand(const BenchOptions& options, std::ostream& out, std::ostream& err);

void AddBenchCommand(CLI::App& app, Command* run);

}  // namespace baton

#endif  // BATON_MAIN_CMD_BENCH_H_
