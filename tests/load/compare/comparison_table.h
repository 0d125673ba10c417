// A comparison in text, for a terminal or as Markdown. Pure.
#ifndef BATON_TESTS_LOAD_COMPARE_COMPARISON_TABLE_H_
#define BATON_TESTS_LOAD_COMPARE_COMPARISON_TABLE_H_

#include <string>

#include "tests/load/compare/compare_results.h"

namespace baton {

struct ComparisonTableOptions {
  std::string a_name = "A", b_name = "B";
  bool markdown = false;
};

// A line that says what is compared, the warnings, and a table with a row a metric.
std::string ComparisonText(const ResultComparison& comparison,
                           const ComparisonTableOptions& options);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_COMPARE_COMPARISON_TABLE_H_
