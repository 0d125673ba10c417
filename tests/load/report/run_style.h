// How a series is told from the others: by colour, and without colour by dashes and marks. Pure.
#ifndef BATON_TESTS_LOAD_REPORT_RUN_STYLE_H_
#define BATON_TESTS_LOAD_REPORT_RUN_STYLE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace baton {

struct RunStyle {
  size_t colour = 0, dash = 0, mark = 0;  // any numbers: they repeat after so many
};

constexpr size_t kNumColours = 7;

// "s0" … "s6", a class of the page's style sheet.
std::string ColourClass(const RunStyle& style);
// For stroke-dasharray; empty: no dashes.
absl::string_view Dashes(const RunStyle& style);
// The rest of an SVG path that draws the mark around the point where the path is.
absl::string_view MarkPath(const RunStyle& style);

// A style for each run. If there are several servers with several runs, a colour and mark stand for
// a server and the dashes for its runs; else each run has its own.
std::vector<RunStyle> StylesOf(absl::Span<const std::string> servers);

// The place of each run's server among the different servers, in the order they first appear.
std::vector<size_t> ServerIndices(absl::Span<const std::string> servers);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_RUN_STYLE_H_
