#include "tests/load/report/html_facts.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/load/report/run_facts.h"

namespace baton {
namespace {

void WriteBanner(const RunView& run, const std::string& says, XmlWriter* html) {
  html->Open("p", {{"class", "banner"}, {"role", "alert"}});
  html->Element("strong", {}, absl::StrCat("⚠ ", run.name, " "));
  html->Text(says);
  html->Close();
}

void WriteFactList(absl::Span<const RunFact> facts, XmlWriter* html) {
  if (facts.empty()) return;
  html->Open("dl");
  for (const RunFact& fact : facts) {
    html->Element("dt", {}, fact.name);
    html->Open("dd");
    html->Element(fact.name == "Command" ? "code" : "span", {}, fact.text);
    html->Close();
  }
  html->Close();
}

std::vector<RunFact> Without(const std::vector<RunFact>& facts, const std::vector<RunFact>& those) {
  std::vector<RunFact> rest;
  for (const RunFact& fact : facts) {
    const auto same = [&](const RunFact& other) { return other.name == fact.name; };
    if (std::none_of(those.begin(), those.end(), same)) rest.push_back(fact);
  }
  return rest;
}

}  // namespace

void WriteBanners(absl::Span<const RunView> runs, XmlWriter* html) {
  for (const RunView& run : runs) {
    if (!run.valid) {
      const std::string why = absl::StrJoin(run.invalid, "; ");
      WriteBanner(run, absl::StrCat("is not valid: ", why.empty() ? "no reason is given" : why),
                  html);
    }
    if (run.partial) WriteBanner(run, "is partial: it was ended before its last request.", html);
  }
}

void WriteFacts(absl::Span<const RunView> runs, XmlWriter* html) {
  const std::vector<RunFact> common = CommonFacts(runs);
  WriteFactList(common, html);
  html->Open("div", {{"class", "folds"}});
  for (const RunView& run : runs) {
    const std::vector<RunFact> own = Without(run.facts, common);
    if (own.empty()) continue;
    html->Open("details");
    html->Element("summary", {}, run.name);
    WriteFactList(own, html);
    html->Close();
  }
  html->Close();
}

}  // namespace baton
