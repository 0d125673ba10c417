#include "tests/load/report/run_style.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"

namespace baton {
namespace {

constexpr const char* kDashes[] = {"", "7 4", "2 3", "10 3 2 3", "14 4", "5 2 1 2 1 2"};
constexpr const char* kMarks[] = {
    "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0",  // a dot
    "m-3-3h6v6h-6z",                      // a square
    "m0-4l4 7h-8z",                       // a triangle
    "m0-4l4 4l-4 4l-4-4z",                // a diamond
    "m-4-4l8 8m0-8l-8 8",                 // ×
    "m0-4v8m-4-4h8",                      // +
    "m0 4l4-7h-8z",                       // a triangle on its tip
};

}  // namespace

std::string ColourClass(const RunStyle& style) {
  return absl::StrCat("s", style.colour % kNumColours);
}

absl::string_view Dashes(const RunStyle& style) {
  return kDashes[style.dash % (sizeof(kDashes) / sizeof(kDashes[0]))];
}

absl::string_view MarkPath(const RunStyle& style) {
  return kMarks[style.mark % (sizeof(kMarks) / sizeof(kMarks[0]))];
}

std::vector<size_t> ServerIndices(absl::Span<const std::string> servers) {
  std::map<std::string, size_t> index;
  std::vector<size_t> indices;
  for (const std::string& server : servers) {
    indices.push_back(index.emplace(server, index.size()).first->second);
  }
  return indices;
}

std::vector<RunStyle> StylesOf(absl::Span<const std::string> servers) {
  const std::vector<size_t> indices = ServerIndices(servers);
  const size_t num_servers =
      indices.empty() ? 0 : *std::max_element(indices.begin(), indices.end()) + 1;
  const bool by_server = num_servers > 1 && num_servers < servers.size();
  std::vector<size_t> runs_of(num_servers);
  std::vector<RunStyle> styles;
  for (size_t i = 0; i < servers.size(); ++i) {
    const size_t server = indices[i];
    styles.push_back(by_server ? RunStyle{server, runs_of[server]++, server} : RunStyle{i, i, i});
  }
  return styles;
}

}  // namespace baton
