#include "router/tokenizer/vocabulary.h"

#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "router/tokenizer/byte_alphabet.h"
#include "router/tokenizer/utf8.h"

namespace baton {

absl::StatusOr<Vocabulary> Vocabulary::Create(std::vector<std::string> tokens,
                                              std::vector<int32_t> types) {
  if (tokens.empty() || tokens.size() >= std::numeric_limits<int32_t>::max()) {
    return absl::InvalidArgumentError(absl::StrCat("tokenizer.ggml.tokens: ", tokens.size(),
                                                   " tokens, expected 1 to 2147483646"));
  }
  if (types.size() != tokens.size()) {
    return absl::InvalidArgumentError(absl::StrCat("tokenizer.ggml.token_type: ", types.size(),
                                                   " types, expected one for each of the ",
                                                   tokens.size(), " tokens"));
  }
  for (size_t i = 0; i < types.size(); ++i) {
    if (types[i] < kTokenNormal || types[i] > kTokenByte) {
      return absl::InvalidArgumentError(
          absl::StrCat("tokenizer.ggml.token_type[", i, "]: ", types[i], ", expected 1 to 6"));
    }
  }
  Vocabulary vocabulary(std::move(tokens), std::move(types));
  for (int32_t id = 0; id < vocabulary.size(); ++id) {
    const absl::string_view text = vocabulary.Text(id);
    if (vocabulary.IsLiteral(id) && FindInvalidUtf8(text) != absl::string_view::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("tokenizer.ggml.tokens[", id, "]: a token of type ", vocabulary.Type(id),
                       " must be UTF-8, found \"", absl::CHexEscape(text.substr(0, 64)), "\""));
    }
  }
  return vocabulary;
}

Vocabulary::Vocabulary(std::vector<std::string> tokens, std::vector<int32_t> types)
    : tokens_(std::move(tokens)), types_(std::move(types)) {
  ids_.reserve(tokens_.size());
  offsets_.reserve(tokens_.size() + 1);
  offsets_.push_back(0);
  for (int32_t id = 0; id < size(); ++id) {
    ids_[tokens_[id]] = id;
    if (IsLiteral(id)) {
      bytes_ += tokens_[id];
    } else {
      AppendTokenBytes(tokens_[id], &bytes_);
    }
    offsets_.push_back(bytes_.size());
  }
}

int32_t Vocabulary::Find(absl::string_view text) const {
  const auto found = ids_.find(text);
  return found == ids_.end() ? -1 : found->second;
}

}  // namespace baton
