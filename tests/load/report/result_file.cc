#include "tests/load/report/result_file.h"

#include <cstdio>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/load/report/json_access.h"

namespace baton {
namespace {

using nlohmann::json;

// False if `path` cannot be read, a folder's cannot.
bool ReadAll(const std::string& path, std::string* text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (file == nullptr) return false;
  char buffer[65536];
  while (const size_t size = std::fread(buffer, 1, sizeof(buffer), file.get())) {
    text->append(buffer, size);
  }
  return std::ferror(file.get()) == 0;
}

json Parse(absl::string_view text) {
  return json::parse(text.begin(), text.end(), /*cb=*/nullptr, /*allow_exceptions=*/false);
}

// One document, or one a line.
std::vector<json> ParseAll(absl::string_view text) {
  json whole = Parse(text);
  std::vector<json> documents;
  if (!whole.is_discarded()) {
    documents.push_back(std::move(whole));
    return documents;
  }
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::StripAsciiWhitespace(line).empty()) documents.push_back(Parse(line));
  }
  return documents;
}

absl::Status CheckIsResult(const std::string& name, const json& document) {
  if (document.is_discarded()) return absl::InvalidArgumentError(absl::StrCat(name, ": not JSON"));
  if (!document.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": not a result, but no JSON object"));
  }
  for (const char* key : {"duration", "completed"}) {
    if (JsonNumber(document, key)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": not a result of a benchmark: it has no number \"", key, "\""));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<NamedResult>> ReadResultFile(const std::string& path) {
  std::string text;
  if (!ReadAll(path, &text)) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  std::vector<json> documents = ParseAll(text);
  if (documents.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": empty"));
  std::vector<NamedResult> results;
  for (json& document : documents) {
    const size_t number = results.size() + 1;
    std::string name = number == 1 ? path : absl::StrCat(path, "#", number);
    if (absl::Status status = CheckIsResult(name, document); !status.ok()) return status;
    results.push_back({std::move(name), std::move(document)});
  }
  return results;
}

}  // namespace baton
