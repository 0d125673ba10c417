#include "router/api/field_checks.h"

#include "absl/strings/str_cat.h"
#include "common/error_details.h"
#include "common/status_macros.h"

namespace baton {

absl::Status CheckCount(absl::string_view field, size_t count, size_t limit) {
  if (count <= limit) return absl::OkStatus();
  return InvalidField(field,
                      absl::StrCat("has ", count, " entries, at most ", limit, " are allowed"));
}

absl::Status CheckEntryBytes(absl::string_view field, int index, const std::string& text,
                             size_t limit) {
  if (!text.empty() && text.size() <= limit) return absl::OkStatus();
  return InvalidField(absl::StrCat(field, "[", index, "]"),
                      absl::StrCat("must be 1 to ", limit, " bytes, is ", text.size()));
}

absl::Status CheckTokenId(absl::string_view field, uint32_t id, const ModelContext& model) {
  if (id < static_cast<uint32_t>(model.vocab_size)) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("is ", id, ", the vocabulary of ", model.name, " has ",
                                          model.vocab_size, " tokens"));
}

absl::StatusOr<std::vector<int32_t>> CheckTokenIds(
    absl::string_view field, const google::protobuf::RepeatedField<uint32_t>& ids,
    const ModelContext& model) {
  for (int i = 0; i < ids.size(); ++i) {
    if (ids[i] < static_cast<uint32_t>(model.vocab_size)) continue;
    RETURN_IF_ERROR(CheckTokenId(absl::StrCat(field, "[", i, "]"), ids[i], model));
  }
  return std::vector<int32_t>(ids.begin(), ids.end());
}

// Written so that NaN fails.
absl::Status CheckRange(absl::string_view field, float value, float low, float high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return InvalidField(field,
                      absl::StrCat("must be a number from ", low, " to ", high, ", is ", value));
}

absl::Status CheckPositive(absl::string_view field, float value, float high) {
  if (value > 0 && value <= high) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("must be above 0 and at most ", high, ", is ", value));
}

}  // namespace baton
