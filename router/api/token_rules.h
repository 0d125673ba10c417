// Which tokens are favoured, allowed and forbidden: from the API's message to the engine's struct.
#ifndef BATON_ROUTER_API_TOKEN_RULES_H_
#define BATON_ROUTER_API_TOKEN_RULES_H_

#include <cstddef>

#include "absl/status/status.h"
#include "baton/v1/inference.pb.h"
#include "router/engine/request.h"
#include "router/fleet/model_context.h"

namespace baton {

constexpr size_t kMaxLogitBiases = 1024;
constexpr float kMaxLogitBias = 100.0f;  // either way
constexpr size_t kMaxAllowedTokenIds = 4096;
constexpr size_t kMaxBadWords = 64;
constexpr size_t kMaxBadWordBytes = 256;

// Sets logit_bias, allowed_token_ids and bad_words of `params`. INVALID_ARGUMENT with BadRequest on
// "sampling.…", of several wrong biases on that of the lowest id.
//
// Bad words become tokens in two forms, whether or not spaces stand before them, which are ignored:
// the word's own tokens, and those of the word after one space unless they only add to the front of
// the former, which forbid them already. vLLM leaves the second form out, too, where it has not as
// many tokens as the first; there " Haven", one token, could still come when "Haven", two, could
// not. Special tokens are not looked for in a word. One of which the vocabulary can spell nothing
// is passed over.
absl::Status ValidateTokenRules(const v1::SamplingParameters& sampling, const ModelContext& model,
                                SamplingParams* params);

// INVALID_ARGUMENT with BadRequest when, for all that these rules say, the first token could be
// none at all: every one allowed is a bad word, or a stop token with min_tokens to come before it.
absl::Status CheckAnyTokenIsLeft(const SamplingParams& sampling, const StopParams& stop);

}  // namespace baton

#endif  // BATON_ROUTER_API_TOKEN_RULES_H_
