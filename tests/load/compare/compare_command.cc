#include "tests/load/compare/compare_command.h"

#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "tests/load/compare/compare_results.h"
#include "tests/load/compare/comparison_table.h"
#include "tests/load/report/result_file.h"

namespace baton {
namespace {

absl::StatusOr<std::vector<NamedResult>> ReadAll(const std::vector<std::string>& paths) {
  std::vector<NamedResult> results;
  std::set<std::string> seen;
  for (const std::string& path : paths) {
    if (!seen.insert(path).second) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": is given twice; a run counts once"));
    }
    ASSIGN_OR_RETURN(std::vector<NamedResult> read, ReadResultFile(path));
    for (NamedResult& result : read) results.push_back(std::move(result));
  }
  return results;
}

absl::StatusOr<std::string> Compare(const CompareOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<NamedResult> a, ReadAll(options.a_files));
  ASSIGN_OR_RETURN(const std::vector<NamedResult> b, ReadAll(options.b_files));
  ASSIGN_OR_RETURN(const ResultComparison comparison,
                   CompareResults(a, b, options.metrics, options.bootstrap));
  return ComparisonText(comparison, {options.a_name, options.b_name, options.markdown});
}

}  // namespace

int RunCompare(const CompareOptions& options, std::ostream& out, std::ostream& err) {
  const absl::StatusOr<std::string> text = Compare(options);
  if (!text.ok()) {
    err << "baton bench compare: " << text.status().message() << "\n";
    return 1;
  }
  out << *text;
  return 0;
}

}  // namespace baton
