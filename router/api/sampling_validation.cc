#include "router/api/sampling_validation.h"

#include <openssl/rand.h>

#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "common/error_details.h"

namespace baton {

uint64_t SystemRandom() {
  uint64_t value;
  BATON_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&value), sizeof(value)) == 1);
  return value;
}

absl::StatusOr<SamplingParams> ValidateSampling(const v1::SamplingParameters& sampling,
                                                const RandomSource& random) {
  SamplingParams params;
  // Written so that NaN fails.
  if (!(sampling.temperature() >= 0 && sampling.temperature() <= kMaxTemperature)) {
    return InvalidField("sampling.temperature",
                        absl::StrCat("must be a number from 0 to ", kMaxTemperature, ", is ",
                                     sampling.temperature()));
  }
  // -0 is 0: one spelling of greedy from here on.
  if (sampling.temperature() != 0) params.temperature = sampling.temperature();
  params.top_k = sampling.top_k();
  if (sampling.has_top_p()) {
    if (!(sampling.top_p() > 0 && sampling.top_p() <= 1)) {
      return InvalidField("sampling.top_p",
                          absl::StrCat("must be above 0 and at most 1, is ", sampling.top_p()));
    }
    params.top_p = sampling.top_p();
  }
  params.seed = sampling.has_seed() ? sampling.seed() : random();
  return params;
}

absl::StatusOr<absl::optional<uint32_t>> ValidateLogprobs(const v1::GenerateRequest& request) {
  if (!request.has_logprobs()) return absl::optional<uint32_t>();
  if (request.logprobs() > kMaxLogprobs) {
    return InvalidField(
        "logprobs", absl::StrCat("must be at most ", kMaxLogprobs, ", is ", request.logprobs()));
  }
  return absl::optional<uint32_t>(request.logprobs());
}

}  // namespace baton
