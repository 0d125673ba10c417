// Checks that several fields of requests share. Each failure is INVALID_ARGUMENT with BadRequest:
// the field, what was found, and the limit.
#ifndef BATON_ROUTER_API_FIELD_CHECKS_H_
#define BATON_ROUTER_API_FIELD_CHECKS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_field.h"
#include "router/fleet/model_context.h"

namespace baton {

absl::Status CheckCount(absl::string_view field, size_t count, size_t limit);

// `text` is the value of "FIELD[INDEX]".
absl::Status CheckEntryBytes(absl::string_view field, int index, const std::string& text,
                             size_t limit);

// Within the vocabulary.
absl::Status CheckTokenId(absl::string_view field, uint32_t id, const ModelContext& model);

// `ids` as the engine takes them; errors name "FIELD[INDEX]".
absl::StatusOr<std::vector<int32_t>> CheckTokenIds(
    absl::string_view field, const google::protobuf::RepeatedField<uint32_t>& ids,
    const ModelContext& model);

// A number (so not NaN) from `low` to `high`, both included.
absl::Status CheckRange(absl::string_view field, float value, float low, float high);

// A number above 0 and at most `high`.
absl::Status CheckPositive(absl::string_view field, float value, float high);

}  // namespace baton

#endif  // BATON_ROUTER_API_FIELD_CHECKS_H_
