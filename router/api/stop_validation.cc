#include "router/api/stop_validation.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/error_details.h"
#include "common/status_macros.h"

namespace baton {
namespace {

absl::Status CheckString(const std::string& text, int index) {
  if (!text.empty() && text.size() <= kMaxStopStringBytes) return absl::OkStatus();
  return InvalidField(
      absl::StrCat("stop.strings[", index, "]"),
      absl::StrCat("must be 1 to ", kMaxStopStringBytes, " bytes, is ", text.size()));
}

absl::Status CheckCount(absl::string_view field, int count, int limit) {
  if (count <= limit) return absl::OkStatus();
  return InvalidField(field,
                      absl::StrCat("has ", count, " entries, at most ", limit, " are allowed"));
}

void AddOnce(int32_t id, std::vector<int32_t>* ids) {
  if (std::find(ids->begin(), ids->end(), id) == ids->end()) ids->push_back(id);
}

}  // namespace

absl::StatusOr<StopParams> ValidateStop(const v1::StopConditions& stop, const ModelContext& model) {
  RETURN_IF_ERROR(CheckCount("stop.strings", stop.strings_size(), kMaxStopStrings));
  RETURN_IF_ERROR(CheckCount("stop.token_ids", stop.token_ids_size(), kMaxStopTokenIds));
  StopParams params;
  for (int i = 0; i < stop.strings_size(); ++i) {
    RETURN_IF_ERROR(CheckString(stop.strings(i), i));
    params.strings.push_back(stop.strings(i));
  }
  for (int i = 0; i < stop.token_ids_size(); ++i) {
    if (stop.token_ids(i) >= static_cast<uint32_t>(model.vocab_size)) {
      return InvalidField(absl::StrCat("stop.token_ids[", i, "]"),
                          absl::StrCat("is ", stop.token_ids(i), ", the vocabulary of ", model.name,
                                       " has ", model.vocab_size, " tokens"));
    }
    AddOnce(static_cast<int32_t>(stop.token_ids(i)), &params.token_ids);
  }
  if (!stop.ignore_eos()) {
    for (const int32_t id : model.end_token_ids) AddOnce(id, &params.token_ids);
  }
  return params;
}

absl::StatusOr<uint32_t> ValidateMaxTokens(const v1::StopConditions& stop, size_t prompt_tokens,
                                           absl::string_view prompt_field,
                                           const ModelServing& serving) {
  if (stop.has_max_tokens() && stop.max_tokens() == 0) {
    return InvalidField("stop.max_tokens", "must be at least 1, is 0");
  }
  const struct {
    uint64_t tokens;
    const char* what;
  } limits[] = {{serving.max_model_len, "the model's maximum length"},
                {serving.max_kv_tokens, "the KV memory of the largest group"}};
  uint64_t room = UINT64_MAX;
  for (const auto& limit : limits) {
    if (limit.tokens == 0) continue;  // not known: no group is ready
    if (prompt_tokens >= limit.tokens) {
      return InvalidField(prompt_field,
                          absl::StrCat("the prompt has ", prompt_tokens, " tokens, ", limit.what,
                                       " is ", limit.tokens, " with at least one to generate"));
    }
    if (stop.has_max_tokens() && stop.max_tokens() > limit.tokens - prompt_tokens) {
      return InvalidField(
          "stop.max_tokens",
          absl::StrCat("is ", stop.max_tokens(), " after a prompt of ", prompt_tokens, " tokens, ",
                       limit.what, " is ", limit.tokens));
    }
    room = std::min<uint64_t>(room, limit.tokens - prompt_tokens);
  }
  if (stop.has_max_tokens()) return stop.max_tokens();
  return static_cast<uint32_t>(std::min<uint64_t>(kDefaultMaxTokens, room));
}

}  // namespace baton
