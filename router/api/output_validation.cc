#include "router/api/output_validation.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "common/error_details.h"
#include "common/status_macros.h"

namespace baton {
namespace {

absl::StatusOr<absl::optional<uint32_t>> Logprobs(absl::string_view field, bool has,
                                                  uint32_t value) {
  if (!has) return absl::optional<uint32_t>();
  if (value <= kMaxLogprobs) return absl::optional<uint32_t>(value);
  return InvalidField(field, absl::StrCat("must be at most ", kMaxLogprobs, ", is ", value));
}

}  // namespace

absl::Status ValidateOutput(const v1::GenerateRequest& request, EngineRequest* engine) {
  engine->n = request.has_n() ? request.n() : 1;
  if (engine->n < 1 || engine->n > kMostChoices) {
    return InvalidField("n", absl::StrCat("must be 1 to ", kMostChoices, ", is ", engine->n));
  }
  engine->best_of = request.has_best_of() ? request.best_of() : engine->n;
  if (engine->best_of < engine->n || engine->best_of > kMostChoices) {
    return InvalidField("best_of",
                        absl::StrCat("must be at least n, which is ", engine->n, ", and at most ",
                                     kMostChoices, ", is ", engine->best_of));
  }
  ASSIGN_OR_RETURN(engine->num_logprobs,
                   Logprobs("logprobs", request.has_logprobs(), request.logprobs()));
  ASSIGN_OR_RETURN(
      engine->num_prompt_logprobs,
      Logprobs("prompt_logprobs", request.has_prompt_logprobs(), request.prompt_logprobs()));
  engine->echo = request.echo();
  if (request.priority() < -kMaxPriority || request.priority() > kMaxPriority) {
    return InvalidField("priority", absl::StrCat("must be from ", -kMaxPriority, " to ",
                                                 kMaxPriority, ", is ", request.priority()));
  }
  engine->priority = request.priority();
  return absl::OkStatus();
}

absl::Status CheckRankedOutput(const EngineRequest& engine) {
  if (engine.best_of <= engine.n) return absl::OkStatus();
  const uint64_t entries =
      uint64_t{engine.n} * engine.stop.max_tokens * (1 + engine.num_logprobs.value_or(0));
  if (entries <= kMaxRankedEntries) return absl::OkStatus();
  return InvalidField(
      "best_of", absl::StrCat("is ", engine.best_of, ", more than n: all is told at the end then, ",
                              "and n times max_tokens times (1 + logprobs) must be at most ",
                              kMaxRankedEntries, ", is ", entries));
}

}  // namespace baton
