#include "worker/model/tokenizer_metadata.h"

#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace baton {
namespace {

constexpr char kPrefix[] = "tokenizer.ggml.";
constexpr int64_t kMinTokenType = 1;
constexpr int64_t kMaxTokenType = 6;

absl::Status Invalid(const GgufFile& file, absl::string_view key, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(file.name(), ": key '", key, "': ", message));
}

// Leaves `value` alone when the key is absent, as the two below do.
absl::Status ReadBool(const GgufFile& file, absl::string_view name, bool* value) {
  const std::string key = absl::StrCat(kPrefix, name);
  if (!file.Has(key)) return absl::OkStatus();
  ASSIGN_OR_RETURN(*value, file.GetBool(key));
  return absl::OkStatus();
}

absl::Status ReadString(const GgufFile& file, absl::string_view key, std::string* value) {
  if (!file.Has(key)) return absl::OkStatus();
  ASSIGN_OR_RETURN(*value, file.GetString(key));
  return absl::OkStatus();
}

absl::Status ReadId(const GgufFile& file, absl::string_view name, size_t num_tokens,
                    int32_t* value) {
  const std::string key = absl::StrCat(kPrefix, name);
  if (!file.Has(key)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const uint64_t id, file.GetUint(key));
  if (id >= num_tokens) {
    return Invalid(file, key, absl::StrCat("is ", id, ", the vocabulary has ", num_tokens));
  }
  *value = static_cast<int32_t>(id);
  return absl::OkStatus();
}

absl::Status ReadTokenTypes(const GgufFile& file, TokenizerMetadata* result) {
  result->token_types.assign(result->tokens.size(), 1);
  const std::string key = absl::StrCat(kPrefix, "token_type");
  if (!file.Has(key)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<int64_t> types, file.GetIntArray(key));
  if (types.size() != result->tokens.size()) {
    return Invalid(file, key,
                   absl::StrCat("has ", types.size(), " entries, expected one for each of the ",
                                result->tokens.size(), " tokens"));
  }
  for (size_t i = 0; i < types.size(); ++i) {
    if (types[i] < kMinTokenType || types[i] > kMaxTokenType) {
      return Invalid(file, key,
                     absl::StrCat("entry ", i, " is ", types[i], ", expected ", kMinTokenType,
                                  " to ", kMaxTokenType));
    }
    result->token_types[i] = static_cast<int32_t>(types[i]);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TokenizerMetadata> TokenizerMetadataFromGguf(const GgufFile& file) {
  TokenizerMetadata result;
  ASSIGN_OR_RETURN(result.model, file.GetString("tokenizer.ggml.model"));
  RETURN_IF_ERROR(ReadString(file, "tokenizer.ggml.pre", &result.pre));
  RETURN_IF_ERROR(ReadString(file, "tokenizer.chat_template", &result.chat_template));
  ASSIGN_OR_RETURN(result.tokens, file.GetStringArray("tokenizer.ggml.tokens"));
  const size_t num_tokens = result.tokens.size();
  if (num_tokens == 0 || num_tokens > std::numeric_limits<int32_t>::max()) {
    return Invalid(file, "tokenizer.ggml.tokens",
                   absl::StrCat("has ", num_tokens, " entries, expected 1 to 2^31 - 1"));
  }
  RETURN_IF_ERROR(ReadTokenTypes(file, &result));
  if (file.Has("tokenizer.ggml.merges")) {
    ASSIGN_OR_RETURN(result.merges, file.GetStringArray("tokenizer.ggml.merges"));
  }
  RETURN_IF_ERROR(ReadId(file, "bos_token_id", num_tokens, &result.bos_id));
  RETURN_IF_ERROR(ReadId(file, "eos_token_id", num_tokens, &result.eos_id));
  RETURN_IF_ERROR(ReadId(file, "unknown_token_id", num_tokens, &result.unk_id));
  RETURN_IF_ERROR(ReadId(file, "padding_token_id", num_tokens, &result.pad_id));
  const bool sentence_piece = result.model == "llama";
  result.add_bos = sentence_piece;
  result.add_space_prefix = sentence_piece;
  RETURN_IF_ERROR(ReadBool(file, "add_bos_token", &result.add_bos));
  RETURN_IF_ERROR(ReadBool(file, "add_eos_token", &result.add_eos));
  RETURN_IF_ERROR(ReadBool(file, "add_space_prefix", &result.add_space_prefix));
  return result;
}

}  // namespace baton
