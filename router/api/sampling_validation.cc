#include "router/api/sampling_validation.h"

#include <openssl/rand.h>

#include <array>
#include <cstddef>

#include "common/check.h"
#include "common/error_details.h"
#include "common/status_macros.h"
#include "router/api/field_checks.h"

namespace baton {

uint64_t SystemRandom() {
  // Many at a time: a call takes 10 us where nothing of it is in the caches.
  thread_local std::array<uint64_t, 128> drawn;
  thread_local size_t used = drawn.size();
  if (used == drawn.size()) {
    BATON_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(drawn.data()), sizeof(drawn)) == 1);
    used = 0;
  }
  return drawn[used++];
}

absl::StatusOr<SamplingParams> ValidateSampling(const v1::SamplingParameters& sampling,
                                                const RandomSource& random) {
  SamplingParams params;
  if (sampling.has_temperature()) params.temperature = sampling.temperature();
  if (sampling.has_top_p()) params.top_p = sampling.top_p();
  if (sampling.has_min_p()) params.min_p = sampling.min_p();
  if (sampling.has_repetition_penalty()) params.repetition_penalty = sampling.repetition_penalty();
  if (sampling.has_presence_penalty()) params.presence_penalty = sampling.presence_penalty();
  if (sampling.has_frequency_penalty()) params.frequency_penalty = sampling.frequency_penalty();
  RETURN_IF_ERROR(CheckRange("sampling.temperature", params.temperature, 0, kMaxTemperature));
  RETURN_IF_ERROR(CheckPositive("sampling.top_p", params.top_p, 1));
  RETURN_IF_ERROR(CheckRange("sampling.min_p", params.min_p, 0, 1));
  RETURN_IF_ERROR(CheckRange("sampling.repetition_penalty", params.repetition_penalty,
                             kMinRepetitionPenalty, kMaxRepetitionPenalty));
  RETURN_IF_ERROR(
      CheckRange("sampling.presence_penalty", params.presence_penalty, -kMaxPenalty, kMaxPenalty));
  RETURN_IF_ERROR(CheckRange("sampling.frequency_penalty", params.frequency_penalty, -kMaxPenalty,
                             kMaxPenalty));
  // -0 is 0: one spelling of "off" from here on.
  for (float* value :
       {&params.temperature, &params.min_p, &params.presence_penalty, &params.frequency_penalty}) {
    if (*value == 0) *value = 0;
  }
  params.top_k = sampling.top_k();
  params.seed = sampling.has_seed() ? sampling.seed() : random();
  return params;
}

}  // namespace baton
