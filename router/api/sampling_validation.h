// How tokens are to be chosen: from the API's message to the engine's struct.
#ifndef BATON_ROUTER_API_SAMPLING_VALIDATION_H_
#define BATON_ROUTER_API_SAMPLING_VALIDATION_H_

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "baton/v1/inference.pb.h"
#include "router/engine/request.h"

namespace baton {

constexpr float kMaxTemperature = 100.0f;
constexpr uint32_t kMaxLogprobs = 20;

// Draws 64 random bits. Thread-safe.
using RandomSource = std::function<uint64_t()>;

// The operating system's random numbers.
uint64_t SystemRandom();

// INVALID_ARGUMENT with BadRequest on "sampling.…". `random` is asked only if no seed is given.
absl::StatusOr<SamplingParams> ValidateSampling(const v1::SamplingParameters& sampling,
                                                const RandomSource& random);

// What `request` asks of log probabilities. INVALID_ARGUMENT with BadRequest on "logprobs".
absl::StatusOr<absl::optional<uint32_t>> ValidateLogprobs(const v1::GenerateRequest& request);

}  // namespace baton

#endif  // BATON_ROUTER_API_SAMPLING_VALIDATION_H_
