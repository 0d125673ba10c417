#include "tests/golden/sampling_cases.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace baton {
namespace {

bool Parse(absl::string_view word, int32_t* value) { return absl::SimpleAtoi(word, value); }
bool Parse(absl::string_view word, uint32_t* value) { return absl::SimpleAtoi(word, value); }
bool Parse(absl::string_view word, float* value) { return absl::SimpleAtof(word, value); }

// "ID:NUMBER"
bool Parse(absl::string_view word, std::pair<int32_t, float>* value) {
  const std::pair<absl::string_view, absl::string_view> halves = absl::StrSplit(word, ':');
  return Parse(halves.first, &value->first) && Parse(halves.second, &value->second);
}

template <typename T>
bool Parse(absl::string_view words, std::vector<T>* values) {
  for (absl::string_view word : absl::StrSplit(words, ' ', absl::SkipEmpty())) {
    values->emplace_back();
    if (!Parse(word, &values->back())) return false;
  }
  return !values->empty();
}

bool ParseRule(absl::string_view keyword, absl::string_view rest, SamplingRule* rule) {
  if (keyword == "temperature") return Parse(rest, &rule->temperature);
  if (keyword == "top_k") return Parse(rest, &rule->top_k);
  if (keyword == "top_p") return Parse(rest, &rule->top_p);
  if (keyword == "min_p") return Parse(rest, &rule->min_p);
  if (keyword == "repetition_penalty") return Parse(rest, &rule->repetition_penalty);
  if (keyword == "presence_penalty") return Parse(rest, &rule->presence_penalty);
  if (keyword == "frequency_penalty") return Parse(rest, &rule->frequency_penalty);
  if (keyword == "min_tokens") return Parse(rest, &rule->min_tokens);
  if (keyword == "bias") return Parse(rest, &rule->logit_bias);
  if (keyword == "allowed") return Parse(rest, &rule->allowed_token_ids);
  if (keyword == "stop") return Parse(rest, &rule->stop_token_ids);
  if (keyword == "bad_word") {
    rule->bad_words.emplace_back();
    return Parse(rest, &rule->bad_words.back());
  }
  return false;
}

// Adds one line, cut at its first space. False when it makes no sense there.
bool AddLine(absl::string_view keyword, absl::string_view rest, std::vector<SamplingCase>* cases) {
  if (keyword == "case") {
    cases->emplace_back();
    cases->back().name = std::string(rest);
    return !rest.empty();
  }
  if (cases->empty()) return false;
  SamplingCase& current = cases->back();
  if (keyword == "logits") return Parse(rest, &current.logits);
  if (keyword == "prompt") return Parse(rest, &current.prompt);
  if (keyword == "output") return Parse(rest, &current.output);
  if (keyword == "expect") return Parse(rest, &current.expect);
  return ParseRule(keyword, rest, &current.rule);
}

bool IsWhole(const SamplingCase& c) {
  const auto in_vocab = [&c](int32_t id) {
    return id >= 0 && id < static_cast<int64_t>(c.logits.size());
  };
  const auto all_in_vocab = [&](const std::vector<int32_t>& ids) {
    return std::all_of(ids.begin(), ids.end(), in_vocab);
  };
  const auto first_in_vocab = [&](const std::pair<int32_t, float>& p) { return in_vocab(p.first); };
  return !c.prompt.empty() && !c.expect.empty() && all_in_vocab(c.Journal()) &&
         all_in_vocab(c.rule.allowed_token_ids) && all_in_vocab(c.rule.stop_token_ids) &&
         std::all_of(c.rule.bad_words.begin(), c.rule.bad_words.end(), all_in_vocab) &&
         std::all_of(c.rule.logit_bias.begin(), c.rule.logit_bias.end(), first_in_vocab) &&
         std::all_of(c.expect.begin(), c.expect.end(), first_in_vocab);
}

}  // namespace

std::vector<int32_t> SamplingCase::Journal() const {
  std::vector<int32_t> tokens = prompt;
  tokens.insert(tokens.end(), output.begin(), output.end());
  return tokens;
}

absl::StatusOr<std::vector<SamplingCase>> ParseSamplingCases(absl::string_view text,
                                                             const std::string& name) {
  std::vector<SamplingCase> cases;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const std::pair<absl::string_view, absl::string_view> words =
        absl::StrSplit(line, absl::MaxSplits(' ', 1));
    if (!AddLine(words.first, words.second, &cases)) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ":", number, ": cannot read '", words.first, "'"));
    }
  }
  for (const SamplingCase& c : cases) {
    if (!IsWhole(c)) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, ": case '", c.name, "' lacks a prompt or what to expect, or an id has no logit"));
    }
  }
  return cases;
}

absl::StatusOr<std::vector<SamplingCase>> ReadSamplingCases(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError(absl::StrCat(path, ": cannot open"));
  std::ostringstream text;
  text << in.rdbuf();
  return ParseSamplingCases(text.str(), path);
}

}  // namespace baton
