#include "tests/load/report/outcomes_bar.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/load/report/axis.h"

namespace baton {
namespace {

// An outcome's colour (see run_style.h) and the lines over it, in a tile of 6 × 6.
struct OutcomeStyle {
  const char *outcome, *colour, *lines;
};

constexpr OutcomeStyle kStyles[] = {
    {"completed", "s2", ""},      {"cancelled", "s6", "M0 6L6 0"},      {"refused", "s4", "M3 0V6"},
    {"deadline", "s3", "M0 3H6"}, {"failed", "s1", "M0 0L6 6M0 6L6 0"},
};

std::string PatternId(absl::string_view outcome) { return absl::StrCat("outcome-", outcome); }

const OutcomeStyle& StyleOf(absl::string_view outcome) {
  for (const OutcomeStyle& style : kStyles) {
    if (outcome == style.outcome) return style;
  }
  return kStyles[1];
}

void WritePatterns(XmlWriter* svg) {
  svg->Open("defs");
  for (const OutcomeStyle& style : kStyles) {
    svg->Open("pattern", {{"id", PatternId(style.outcome)},
                          {"class", style.colour},
                          {"width", "6"},
                          {"height", "6"},
                          {"patternUnits", "userSpaceOnUse"}});
    svg->Element("rect", {{"class", "tile"}, {"width", "6"}, {"height", "6"}});
    svg->Element("path", {{"class", "hatch"}, {"d", style.lines}});
    svg->Close();
  }
  svg->Close();
}

double Total(const RunView& run) {
  double total = 0;
  for (const RunCount& outcome : run.outcomes) total += outcome.count > 0 ? outcome.count : 0;
  return total;
}

void WriteBar(const RunView& run, XmlWriter* html) {
  const double total = Total(run);
  html->Open("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                     {"class", "bar"},
                     {"role", "img"},
                     {"aria-label", absl::StrCat("Outcomes of ", run.name)}});
  double left = 0;
  for (const RunCount& outcome : run.outcomes) {
    if (!(outcome.count > 0)) continue;
    const double width = 100 * outcome.count / total;
    html->Open("rect",
               {{"x", absl::StrFormat("%.3f%%", left)},
                {"width", absl::StrFormat("%.3f%%", width)},
                {"height", "100%"},
                {"fill", absl::StrCat("url(#", PatternId(StyleOf(outcome.name).outcome), ")")}});
    html->Element("title", {}, absl::StrCat(outcome.name, ": ", FormatNumber(outcome.count)));
    html->Close();
    left += width;
  }
  html->Close();
}

// A square of the pattern, and "completed 12 (80%)".
void WriteWords(const RunView& run, XmlWriter* html) {
  html->Open("p", {{"class", "words"}});
  for (const RunCount& outcome : run.outcomes) {
    if (!(outcome.count > 0)) continue;
    html->Open("span");
    html->Open("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                       {"class", "swatch"},
                       {"viewBox", "0 0 12 12"},
                       {"aria-hidden", "true"}});
    html->Element("rect",
                  {{"width", "12"},
                   {"height", "12"},
                   {"fill", absl::StrCat("url(#", PatternId(StyleOf(outcome.name).outcome), ")")}});
    html->Close();
    html->Text(absl::StrCat(outcome.name, " ", FormatNumber(outcome.count), " (",
                            FormatNumber(100 * outcome.count / Total(run)), "%)"));
    html->Close();
  }
  html->Close();
}

}  // namespace

void WriteOutcomes(absl::Span<const RunView> runs, XmlWriter* html) {
  std::vector<const RunView*> shown;
  for (const RunView& run : runs) {
    if (Total(run) > 0) shown.push_back(&run);
  }
  if (shown.empty()) return;
  html->Open("figure", {{"class", "card"}});
  html->Element("figcaption", {}, "Requests by outcome");
  html->Open("svg",
             {{"xmlns", "http://www.w3.org/2000/svg"}, {"class", "defs"}, {"aria-hidden", "true"}});
  WritePatterns(html);
  html->Close();
  for (const RunView* run : shown) {
    html->Element("p", {{"class", "run"}}, run->name);
    WriteBar(*run, html);
    WriteWords(*run, html);
  }
  html->Close();
}

}  // namespace baton
