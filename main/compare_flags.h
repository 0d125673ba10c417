// The flags of `baton bench compare`.
#ifndef BATON_MAIN_COMPARE_FLAGS_H_
#define BATON_MAIN_COMPARE_FLAGS_H_

#include "CLI/CLI.hpp"  // CLI11 is headers only
#include "tests/load/compare/compare_command.h"

namespace baton {

// `options` must outlive the parsing.
void AddCompareOptions(CLI::App* app, CompareOptions* options);

}  // namespace baton

#endif  // BATON_MAIN_COMPARE_FLAGS_H_
