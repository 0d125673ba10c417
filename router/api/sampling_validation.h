// How tokens are to be chosen, in numbers: from the API's message to the engine's struct.
#ifndef BATON_ROUTER_API_SAMPLING_VALIDATION_H_
#define BATON_ROUTER_API_SAMPLING_VALIDATION_H_

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "baton/v1/inference.pb.h"
#include "router/engine/request.h"

namespace baton {

constexpr float kMaxTemperature = 100.0f;
constexpr float kMinRepetitionPenalty = 0.01f;  // smaller ones make logits overflow
constexpr float kMaxRepetitionPenalty = 100.0f;
constexpr float kMaxPenalty = 2.0f;  // of presence and frequency, either way

// Draws 64 random bits. Thread-safe.
using RandomSource = std::function<uint64_t()>;

// The operating system's random numbers.
uint64_t SystemRandom();

// The numbers among the parameters; token_rules.h adds what is about single tokens.
// INVALID_ARGUMENT with BadRequest on "sampling.…". `random` is asked only if no seed is given.
absl::StatusOr<SamplingParams> ValidateSampling(const v1::SamplingParameters& sampling,
                                                const RandomSource& random);

}  // namespace baton

#endif  // BATON_ROUTER_API_SAMPLING_VALIDATION_H_
