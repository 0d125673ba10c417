// From a Generate request to what the engine runs. Nothing past this point sees an unchecked field
// or a protobuf.
#ifndef BATON_ROUTER_API_VALIDATION_H_
#define BATON_ROUTER_API_VALIDATION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "baton/v1/inference.pb.h"
#include "router/api/sampling_validation.h"
#include "router/engine/request.h"
#include "router/fleet/cluster.h"

namespace baton {

constexpr size_t kMaxRequestIdBytes = 128;
constexpr size_t kMaxCacheSaltBytes = 128;

// When a request came, and until when its answer is of use.
struct CallTimes {
  absl::Time arrival;
  absl::Time deadline = absl::InfiniteFuture();
};

struct ValidatedGenerate {
  EngineRequest request;
  std::string prompt_digest;  // SHA-256 of the token ids, in hexadecimal
};

// Checks every field of `request` against its limit and turns the input into tokens. Strings in
// `request` must be UTF-8 (ParseRequest sees to that). The request's id, if it has none, and its
// seed, if unset, are drawn from `random`. Takes as long as the tokenizer does; knows no thread and
// no gRPC. The choices share the prompt, and each is held against the limits on its own: they need
// not be in memory at the same time.
//
// INVALID_ARGUMENT with BadRequest: one field, its value, its limit. FAILED_PRECONDITION: a
// conversation for a model without a chat template that can run.
absl::StatusOr<ValidatedGenerate> ValidateGenerate(const v1::GenerateRequest& request,
                                                   const ModelServing& serving,
                                                   const CallTimes& times,
                                                   const RandomSource& random);

// What a validated request's `started` message says; group and numerics class are not known yet.
v1::GenerateStarted DescribeGenerate(const ValidatedGenerate& generate, const ModelContext& model);

}  // namespace baton

#endif  // BATON_ROUTER_API_VALIDATION_H_
