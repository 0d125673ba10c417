// When generation is to end: from the API's message to the engine's struct.
#ifndef BATON_ROUTER_API_STOP_VALIDATION_H_
#define BATON_ROUTER_API_STOP_VALIDATION_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "baton/v1/inference.pb.h"
#include "router/engine/request.h"
#include "router/fleet/cluster.h"

namespace baton {

constexpr int kMaxStopStrings = 16;
constexpr size_t kMaxStopStringBytes = 256;
constexpr int kMaxStopTokenIds = 64;
constexpr uint32_t kDefaultMaxTokens = 256;

// Stop strings and token ids; the model's end tokens join the ids unless they are to be ignored.
// max_tokens and min_tokens are left at their defaults. INVALID_ARGUMENT with BadRequest on
// "stop.…".
absl::StatusOr<StopParams> ValidateStop(const v1::StopConditions& stop, const ModelContext& model);

// How many tokens each choice of a request of `prompt_tokens` may generate: what it asks for, or
// the smallest of kDefaultMaxTokens and what context and KV memory leave. INVALID_ARGUMENT with
// BadRequest on "stop.max_tokens" when what it asks for is 0 or does not fit, on `prompt_field`
// when the prompt leaves no room for a single token.
absl::StatusOr<uint32_t> ValidateMaxTokens(const v1::StopConditions& stop, size_t prompt_tokens,
                                           absl::string_view prompt_field,
                                           const ModelServing& serving);

// How many tokens must come before an end is looked for. INVALID_ARGUMENT with BadRequest on
// "stop.min_tokens" when that is more than `max_tokens`, what ValidateMaxTokens gave.
absl::StatusOr<uint32_t> ValidateMinTokens(const v1::StopConditions& stop, uint32_t max_tokens);

}  // namespace baton

#endif  // BATON_ROUTER_API_STOP_VALIDATION_H_
