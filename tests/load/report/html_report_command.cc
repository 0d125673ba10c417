#include "tests/load/report/html_report_command.h"

#include <fstream>
#include <set>
#include <utility>

#include "tests/load/report/html_report.h"
#include "tests/load/report/result_file.h"

namespace baton {
namespace {

// Without the folder and ".json".
std::string ShortName(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  const size_t json = name.rfind(".json");
  if (json != std::string::npos && json > 0) {
    const size_t end = json + (name.compare(json, 6, ".jsonl") == 0 ? 6 : 5);
    if (end == name.size() || name[end] == '#') name.erase(json, end - json);
  }
  return name;
}

// Only if all stay different.
void ShortenNames(std::vector<NamedResult>* results) {
  std::set<std::string> names;
  for (const NamedResult& result : *results) names.insert(ShortName(result.name));
  if (names.size() < results->size()) return;
  for (NamedResult& result : *results) result.name = ShortName(result.name);
}

bool WriteAll(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return file.good();
}

}  // namespace

int RunHtmlReport(const std::vector<std::string>& files, const std::string& out_path,
                  std::ostream& err) {
  if (files.empty()) {
    err << "no result files are given\n";
    return 1;
  }
  std::vector<NamedResult> results;
  for (const std::string& path : files) {
    if (path == out_path) {
      err << out_path << ": is one of the results; the page needs another name\n";
      return 1;
    }
    auto read = ReadResultFile(path);
    if (!read.ok()) {
      err << read.status().message() << "\n";
      return 1;
    }
    for (NamedResult& result : *read) results.push_back(std::move(result));
  }
  ShortenNames(&results);
  if (WriteAll(out_path, HtmlReport(results))) return 0;
  err << out_path << ": cannot be written\n";
  return 1;
}

}  // namespace baton
