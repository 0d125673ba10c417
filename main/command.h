// What every subcommand shares: how it is added to the command line, and the flag types CLI11 does
// not know.
//
// A subcommand's AddXCommand declares its flags and, once the line has been parsed and names it,
// sets `run` to what main then calls and whose result is the exit code. So flags are bound in one
// place, and options structs are filled by main alone.
#ifndef BATON_MAIN_COMMAND_H_
#define BATON_MAIN_COMMAND_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "CLI/CLI.hpp"  // CLI11 is headers only
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace baton {

using Command = std::function<int()>;

// Flags whose values are sizes and durations (see flag_values.h). `value` holds the default.
CLI::Option* AddBytesOption(CLI::App* app, const std::string& name, uint64_t* value,
                            const std::string& description);
CLI::Option* AddDurationOption(CLI::App* app, const std::string& name, absl::Duration* value,
                               const std::string& description);

// Refuses what is not a whole number from `least` to `most`. CLI11 alone takes -1 for the largest
// number of 64 bits, and what is larger than that for the same.
CLI::Validator WholeNumber(uint64_t least, uint64_t most);

// The same for the type of the flag's variable.
template <typename T>
CLI::Validator WholeNumberOf() {
  return WholeNumber(0, std::numeric_limits<T>::max());
}

// The flags --log-level and --server, the same everywhere.
void AddLogLevelOption(CLI::App* app, std::string* level);
void AddServerOption(CLI::App* app, std::string* address);

// Prints "baton COMMAND: MESSAGE" to stderr: a process's last words. Returns `exit_code`.
int Fail(absl::string_view command, absl::string_view message, int exit_code);

}  // namespace baton

#endif  // BATON_MAIN_COMMAND_H_
