// Makes the HTML report of result files.
#ifndef BATON_TESTS_LOAD_REPORT_HTML_REPORT_COMMAND_H_
#define BATON_TESTS_LOAD_REPORT_HTML_REPORT_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

namespace baton {

// Reads `files` (each one or more results, of this tool or of `vllm bench serve`) and writes the
// report on all of them to `out_path`. A run is named after its file, without folder and ".json"
// where that tells them apart. Returns 0, or 1 with the reason, which names the file, on `err`;
// then `out_path` is as it was, unless writing it failed.
int RunHtmlReport(const std::vector<std::string>& files, const std::string& out_path,
                  std::ostream& err);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_HTML_REPORT_COMMAND_H_
