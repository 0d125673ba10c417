#include "router/api/stop_validation.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/error_details.h"
#include "common/status_macros.h"
#include "router/api/field_checks.h"

namespace baton {
namespace {

void AddOnce(int32_t id, std::vector<int32_t>* ids) {
  if (std::find(ids->begin(), ids->end(), id) == ids->end()) ids->push_back(id);
}

}  // namespace

absl::StatusOr<StopParams> ValidateStop(const v1::StopConditions& stop, const ModelContext& model) {
  RETURN_IF_ERROR(CheckCount("stop.strings", stop.strings_size(), kMaxStopStrings));
  RETURN_IF_ERROR(CheckCount("stop.token_ids", stop.token_ids_size(), kMaxStopTokenIds));
  StopParams params;
  params.include_string = stop.include_stop_string();
  for (int i = 0; i < stop.strings_size(); ++i) {
    RETURN_IF_ERROR(CheckEntryBytes("stop.strings", i, stop.strings(i), kMaxStopStringBytes));
    params.strings.push_back(stop.strings(i));
  }
  ASSIGN_OR_RETURN(const std::vector<int32_t> ids,
                   CheckTokenIds("stop.token_ids", stop.token_ids(), model));
  for (const int32_t id : ids) AddOnce(id, &params.token_ids);
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

absl::StatusOr<uint32_t> ValidateMinTokens(const v1::StopConditions& stop, uint32_t max_tokens) {
  if (stop.min_tokens() <= max_tokens) return stop.min_tokens();
  return InvalidField(
      "stop.min_tokens",
      absl::StrCat("must be at most max_tokens, which is ", max_tokens,
                   stop.has_max_tokens() ? "" : " by default", ", is ", stop.min_tokens()));
}

}  // namespace baton
