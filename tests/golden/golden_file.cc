#include "tests/golden/golden_file.h"

#include <fstream>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace baton {
namespace {

bool ParseNumber(absl::string_view word, int32_t* value) { return absl::SimpleAtoi(word, value); }
bool ParseNumber(absl::string_view word, float* value) { return absl::SimpleAtof(word, value); }

// Whether every word of `words` is a number; appends them to `values`.
template <typename T>
bool ParseNumbers(absl::string_view words, std::vector<T>* values) {
  for (absl::string_view word : absl::StrSplit(words, ' ', absl::SkipEmpty())) {
    T value;
    if (!ParseNumber(word, &value)) return false;
    values->push_back(value);
  }
  return !values->empty();
}

// "POSITION LOGSUMEXP ID:LOGIT..."
bool ParsePosition(absl::string_view words, GoldenCase::Position* position) {
  const std::vector<absl::string_view> parts = absl::StrSplit(words, ' ', absl::SkipEmpty());
  if (parts.size() < 3 || !absl::SimpleAtoi(parts[0], &position->position) ||
      !absl::SimpleAtod(parts[1], &position->logsumexp)) {
    return false;
  }
  for (size_t i = 2; i < parts.size(); ++i) {
    const std::pair<absl::string_view, absl::string_view> pair = absl::StrSplit(parts[i], ':');
    std::pair<int32_t, float> value;
    if (!ParseNumber(pair.first, &value.first) || !ParseNumber(pair.second, &value.second)) {
      return false;
    }
    position->top.push_back(value);
  }
  return true;
}

// Adds one line, cut at its first space into `keyword` and `rest`, to `file`. False when it makes
// no sense there.
bool AddLine(absl::string_view keyword, absl::string_view rest, GoldenFile* file) {
  if (keyword == "digest") {
    file->digest = std::string(rest);
    return true;
  }
  if (keyword == "case") {
    file->cases.emplace_back();
    file->cases.back().name = std::string(rest);
    return !rest.empty();
  }
  if (file->cases.empty()) return false;
  GoldenCase& current = file->cases.back();
  if (keyword == "text") return absl::CUnescape(rest, &current.text);
  if (keyword == "prompt") return ParseNumbers(rest, &current.prompt);
  if (keyword == "continuation") return ParseNumbers(rest, &current.continuation);
  if (keyword == "margins") return ParseNumbers(rest, &current.margins);
  if (keyword == "position") {
    current.positions.emplace_back();
    return ParsePosition(rest, &current.positions.back());
  }
  return false;
}

}  // namespace

absl::StatusOr<GoldenFile> ParseGoldenFile(absl::string_view text, const std::string& name) {
  GoldenFile file;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const std::pair<absl::string_view, absl::string_view> words =
        absl::StrSplit(line, absl::MaxSplits(' ', 1));
    if (!AddLine(words.first, words.second, &file)) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ":", number, ": cannot read '", words.first, "'"));
    }
  }
  for (const GoldenCase& c : file.cases) {
    if (c.prompt.empty() || c.continuation.empty() || c.margins.size() != c.continuation.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": case '", c.name, "' lacks a prompt, or has ", c.margins.size(),
                       " margins for ", c.continuation.size(), " continuation tokens"));
    }
  }
  if (file.digest.empty() || file.cases.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": no digest or no case"));
  }
  return file;
}

absl::StatusOr<GoldenFile> ReadGoldenFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError(absl::StrCat(path, ": cannot open"));
  std::ostringstream text;
  text << in.rdbuf();
  return ParseGoldenFile(text.str(), path);
}

}  // namespace baton
