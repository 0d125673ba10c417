#include "tests/exactness/compare.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace baton {
namespace {

template <typename T>
bool SameBits(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}

// Notes the first difference.
class Comparison {
 public:
  explicit Comparison(bool whole, Coverage* coverage) : whole_(whole), coverage_(coverage) {}

  void Note(const std::string& what) {
    if (difference_.empty()) difference_ = what;
  }
  std::string Take() { return std::move(difference_); }

  template <typename T>
  void Value(const std::string& what, const T& found, const T& expected) {
    if (found != expected) Note(absl::StrCat(what, " ", found, ", expected ", expected));
  }

  void Text(const std::string& what, const std::string& found, const std::string& expected) {
    if (whole_ ? found == expected : absl::StartsWith(expected, found)) return;
    Note(absl::StrCat(what, " \"", absl::CHexEscape(found), "\", expected \"",
                      absl::CHexEscape(expected), "\""));
  }

  void Tokens(const std::string& what, const std::vector<int32_t>& found,
              const std::vector<int32_t>& expected) {
    if (!Lengths(what + " tokens", found.size(), expected.size())) return;
    for (size_t i = 0; i < found.size(); ++i)
      Value(absl::StrCat(what, " token ", i), found[i], expected[i]);
    coverage_->tokens += found.size();
  }

  void Logprobs(const std::string& what, const std::vector<TokenLogprobs>& found,
                const std::vector<TokenLogprobs>& expected) {
    if (!Lengths(what + " log probabilities", found.size(), expected.size())) return;
    for (size_t i = 0; i < found.size(); ++i) {
      const std::string at = absl::StrCat(what, " log probability ", i);
      Logprob(at, found[i].logprob, expected[i].logprob);
      const std::vector<TokenLogprob>&a = found[i].top, &b = expected[i].top;
      Value(at + ", alternatives", a.size(), b.size());
      for (size_t k = 0; k < std::min(a.size(), b.size()); ++k) {
        Value(absl::StrCat(at, ", alternative ", k), a[k].token_id, b[k].token_id);
        Logprob(absl::StrCat(at, ", alternative ", k), a[k].logprob, b[k].logprob);
      }
    }
  }

  void End(const std::string& what, const ChoiceEnd& found, const ChoiceEnd& expected) {
    Value(what + " reason", RecordingSink::ReasonName(found.reason),
          RecordingSink::ReasonName(expected.reason));
    Value(what + " stop token", found.stop_token_id.value_or(-1),
          expected.stop_token_id.value_or(-1));
    Value(what + " stop string", found.stop_string.value_or("(none)"),
          expected.stop_string.value_or("(none)"));
    Value(what + " number of tokens", found.output_tokens, expected.output_tokens);
    Value(what + " has a sum", found.cumulative_logprob.has_value(),
          expected.cumulative_logprob.has_value());
    const double a = found.cumulative_logprob.value_or(0),
                 b = expected.cumulative_logprob.value_or(0);
    if (!SameBits(a, b)) Note(absl::StrFormat("%s sum %.17g, expected %.17g", what, a, b));
  }

 private:
  bool Lengths(const std::string& what, size_t found, size_t expected) {
    if (whole_ ? found == expected : found <= expected) return true;
    Note(absl::StrCat("number of ", what, " ", found, ", expected ", expected));
    return false;
  }
  void Logprob(const std::string& what, float found, float expected) {
    ++coverage_->logprobs;
    if (!SameBits(found, expected))
      Note(absl::StrFormat("%s %.9g, expected %.9g", what, found, expected));
  }

  const bool whole_;
  Coverage* const coverage_;
  std::string difference_;
};

void CompareWhatCame(const RecordingSink& answer, const RecordingSink& expected, Comparison* c) {
  if (absl::StrContains(answer.log, "DISORDER")) c->Note("events out of order");
  c->Tokens("prompt", answer.prompt_tokens, expected.prompt_tokens);
  c->Text("prompt text", answer.prompt_text, expected.prompt_text);
  c->Logprobs("prompt", answer.prompt_logprobs, expected.prompt_logprobs);
  for (const auto& [index, choice] : answer.choices) {
    const std::string what = absl::StrCat("choice ", index);
    const auto it = expected.choices.find(index);
    if (it == expected.choices.end()) return c->Note(what + ", which was not expected");
    c->Tokens(what, choice.tokens, it->second.tokens);
    c->Text(what + " text", choice.text, it->second.text);
    c->Logprobs(what, choice.logprobs, it->second.logprobs);
    if (choice.end.has_value() && it->second.end.has_value())
      c->End(what, *choice.end, *it->second.end);
  }
}

}  // namespace

std::string Difference(const RecordingSink& answer, const RecordingSink& expected,
                       Coverage* coverage) {
  Comparison c(/*whole=*/true, coverage);
  c.Value("times it ended:", answer.ends.load(), 1);
  c.Value("error", answer.error.ToString(), expected.error.ToString());
  // What an answer that fails has told before depends on which of its choices was the first to.
  if (!expected.error.ok()) return c.Take();
  CompareWhatCame(answer, expected, &c);
  c.Value("number of choices", answer.choices.size(), expected.choices.size());
  for (const auto& [index, choice] : expected.choices) {
    const auto it = answer.choices.find(index);
    if (it != answer.choices.end())
      c.Value(absl::StrCat("choice ", index, " has an end"), it->second.end.has_value(),
              choice.end.has_value());
  }
  c.End("the answer's", answer.finished.first, expected.finished.first);
  c.Value("number of all tokens", answer.finished.output_tokens, expected.finished.output_tokens);
  ++coverage->requests;
  const auto count = [&](const ChoiceEnd& end) {
    coverage->stopped_by_string += end.stop_string.has_value();
    coverage->stopped_by_token += end.stop_token_id.has_value();
  };
  count(answer.finished.first);
  return c.Take();
}

std::string PrefixDifference(const RecordingSink& answer, const RecordingSink& expected,
                             Coverage* coverage) {
  Comparison c(/*whole=*/false, coverage);
  c.Value("times it ended:", answer.ends.load(), 1);
  if (expected.error.ok()) CompareWhatCame(answer, expected, &c);
  return c.Take();
}

}  // namespace baton
