// What is to be returned: from the API's message to the engine's struct.
#ifndef BATON_ROUTER_API_OUTPUT_VALIDATION_H_
#define BATON_ROUTER_API_OUTPUT_VALIDATION_H_

#include <cstdint>

#include "absl/status/status.h"
#include "baton/v1/inference.pb.h"
#include "router/engine/request.h"

namespace baton {

constexpr uint32_t kMaxLogprobs = 20;  // of the output as of the prompt

constexpr int32_t kMaxPriority = 1000;  // and its negative: with ageing, a few hours
// Tokens and log probabilities that are told in one go.
constexpr uint64_t kMaxRankedEntries = 32768;

// Sets n, best_of, num_logprobs, num_prompt_logprobs, echo and priority of `engine`.
// INVALID_ARGUMENT with BadRequest on one of them.
absl::Status ValidateOutput(const v1::GenerateRequest& request, EngineRequest* engine);

// Whether the best of several choices can be told at the end, once max_tokens is known.
// INVALID_ARGUMENT with BadRequest on "best_of".
absl::Status CheckRankedOutput(const EngineRequest& engine);

}  // namespace baton

#endif  // BATON_ROUTER_API_OUTPUT_VALIDATION_H_
