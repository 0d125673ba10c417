#include "tests/load/bench/answer_check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace baton {
namespace {

constexpr size_t kShown = 10;

void Add(const char* what, const std::vector<uint64_t>& indices, std::string* text) {
  if (indices.empty()) return;
  const auto end = indices.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, indices.size()));
  absl::StrAppend(text, "\n  ", indices.size(), " ", what, ": request ",
                  absl::StrJoin(indices.begin(), end, ", "), indices.size() > kShown ? ", …" : "");
}

}  // namespace

KnownAnswers AnswersOf(const std::vector<RequestRecord>& records) {
  KnownAnswers answers;
  for (const RequestRecord& record : records) {
    if (record.outcome != RequestOutcome::kCompleted) continue;
    answers[record.index] = {record.answer_digest, record.output_tokens, record.numerics_class};
  }
  return answers;
}

AnswerComparison CompareAnswers(const KnownAnswers& known,
                                const std::vector<RequestRecord>& records) {
  AnswerComparison comparison;
  const KnownAnswers answers = AnswersOf(records);
  for (const auto& [index, expected] : known) {
    const auto found = answers.find(index);
    if (found == answers.end()) {
      comparison.missing.push_back(index);
    } else if (found->second.numerics_class != expected.numerics_class) {
      comparison.other_class.push_back(index);
    } else if (found->second.digest != expected.digest) {
      comparison.different.push_back(index);
    } else {
      ++comparison.equal;
    }
  }
  for (const RequestRecord& record : records) {
    if (known.count(record.index) == 0) comparison.missing.push_back(record.index);
  }
  return comparison;
}

std::string ToText(const AnswerComparison& comparison) {
  const size_t total = comparison.equal + comparison.different.size() +
                       comparison.other_class.size() + comparison.missing.size();
  std::string text = absl::StrCat(comparison.equal, " of ", total, " answers equal");
  Add("differ", comparison.different, &text);
  Add("not compared, as another arithmetic computed them", comparison.other_class, &text);
  Add("did not complete in both runs", comparison.missing, &text);
  return text;
}

}  // namespace baton
