// Compares result files.
#ifndef BATON_TESTS_LOAD_COMPARE_COMPARE_COMMAND_H_
#define BATON_TESTS_LOAD_COMPARE_COMPARE_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

#include "tests/load/compare/bootstrap.h"

namespace baton {

struct CompareOptions {
  // Pairs are made in this order; a file with several results counts as that many.
  std::vector<std::string> a_files, b_files;
  std::string a_name = "A", b_name = "B";  // how the sides are called
  std::vector<std::string> metrics;        // none: DefaultMetrics()
  bool markdown = false;
  BootstrapOptions bootstrap;
};

// Writes the comparison to `out` and returns 0, whatever the verdicts; or writes to `err` what is
// wrong with which file and returns 1.
int RunCompare(const CompareOptions& options, std::ostream& out, std::ostream& err);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_COMPARE_COMPARE_COMMAND_H_
