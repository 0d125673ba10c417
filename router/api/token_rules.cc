#include "router/api/token_rules.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/error_details.h"
#include "common/status_macros.h"
#include "router/api/excerpt.h"
#include "router/api/field_checks.h"
#include "router/tokenizer/unicode_class.h"
#include "router/tokenizer/utf8.h"

namespace baton {
namespace {

// Sorted before anything is checked: a map's order is a hash's, and errors must not depend on that.
absl::StatusOr<std::vector<std::pair<int32_t, float>>> LogitBias(
    const v1::SamplingParameters& sampling, const ModelContext& model) {
  RETURN_IF_ERROR(CheckCount("sampling.logit_bias", sampling.logit_bias().size(), kMaxLogitBiases));
  std::vector<std::pair<uint32_t, float>> sorted(sampling.logit_bias().begin(),
                                                 sampling.logit_bias().end());
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [id, bias] : sorted) {
    const std::string field = absl::StrCat("sampling.logit_bias[", id, "]");
    if (id >= static_cast<uint32_t>(model.vocab_size)) {
      return InvalidField(field, absl::StrCat("the vocabulary of ", model.name, " has ",
                                              model.vocab_size, " tokens"));
    }
    RETURN_IF_ERROR(CheckRange(field, bias, -kMaxLogitBias, kMaxLogitBias));
  }
  return std::vector<std::pair<int32_t, float>>(sorted.begin(), sorted.end());
}

absl::StatusOr<std::vector<int32_t>> AllowedTokenIds(const v1::SamplingParameters& sampling,
                                                     const ModelContext& model) {
  constexpr absl::string_view kField = "sampling.allowed_token_ids";
  RETURN_IF_ERROR(CheckCount(kField, sampling.allowed_token_ids_size(), kMaxAllowedTokenIds));
  ASSIGN_OR_RETURN(std::vector<int32_t> ids,
                   CheckTokenIds(kField, sampling.allowed_token_ids(), model));
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

// As Python's str.lstrip: Unicode's White_Space and the four information separators.
absl::string_view WithoutLeadingSpace(absl::string_view text) {
  while (!text.empty()) {
    const Utf8Unit unit = ReadUtf8(text);
    const bool separator = unit.code_point >= 0x1c && unit.code_point <= 0x1f;
    if (ClassOf(unit.code_point) != CharClass::kSpace && !separator) break;
    text.remove_prefix(unit.size);
  }
  return text;
}

bool EndsWith(const std::vector<int32_t>& tokens, const std::vector<int32_t>& end) {
  return tokens.size() >= end.size() && std::equal(end.rbegin(), end.rend(), tokens.rbegin());
}

// Adds the forms of `word`, which does not begin with a space, that are forbidden.
absl::Status AddBadWord(absl::string_view word, const Tokenizer& tokenizer,
                        std::vector<std::vector<int32_t>>* out) {
  std::vector<int32_t> alone, spaced;
  RETURN_IF_ERROR(tokenizer.Encode(word, EncodeOptions(), &alone));
  if (alone.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(tokenizer.Encode(absl::StrCat(" ", word), EncodeOptions(), &spaced));
  const bool both = !EndsWith(spaced, alone);
  out->push_back(std::move(alone));
  if (both) out->push_back(std::move(spaced));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::vector<int32_t>>> BadWords(const v1::SamplingParameters& sampling,
                                                           const ModelContext& model) {
  constexpr absl::string_view kField = "sampling.bad_words";
  RETURN_IF_ERROR(CheckCount(kField, sampling.bad_words_size(), kMaxBadWords));
  std::vector<std::vector<int32_t>> words;
  for (int i = 0; i < sampling.bad_words_size(); ++i) {
    const std::string& text = sampling.bad_words(i);
    RETURN_IF_ERROR(CheckEntryBytes(kField, i, text, kMaxBadWordBytes));
    const absl::string_view word = WithoutLeadingSpace(text);
    if (word.empty()) {
      return InvalidField(absl::StrCat(kField, "[", i, "]"),
                          absl::StrCat("must be more than spaces, is ", Excerpt(text)));
    }
    RETURN_IF_ERROR(AddBadWord(word, *model.tokenizer, &words));
  }
  return words;
}

}  // namespace

absl::Status ValidateTokenRules(const v1::SamplingParameters& sampling, const ModelContext& model,
                                SamplingParams* params) {
  ASSIGN_OR_RETURN(params->logit_bias, LogitBias(sampling, model));
  ASSIGN_OR_RETURN(params->allowed_token_ids, AllowedTokenIds(sampling, model));
  ASSIGN_OR_RETURN(params->bad_words, BadWords(sampling, model));
  return absl::OkStatus();
}

absl::Status CheckAnyTokenIsLeft(const SamplingParams& sampling, const StopParams& stop) {
  if (sampling.allowed_token_ids.empty()) return absl::OkStatus();
  std::vector<int32_t> forbidden;
  for (const std::vector<int32_t>& word : sampling.bad_words) {
    if (word.size() == 1) forbidden.push_back(word[0]);
  }
  if (stop.min_tokens > 0) {
    forbidden.insert(forbidden.end(), stop.token_ids.begin(), stop.token_ids.end());
  }
  for (const int32_t id : sampling.allowed_token_ids) {
    if (std::find(forbidden.begin(), forbidden.end(), id) == forbidden.end()) {
      return absl::OkStatus();
    }
  }
  return InvalidField("sampling.allowed_token_ids",
                      absl::StrCat("none of the ", sampling.allowed_token_ids.size(),
                                   " may come first: each is a bad word, or ends generation "
                                   "before min_tokens"));
}

}  // namespace baton
