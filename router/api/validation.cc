#include "router/api/validation.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/error_details.h"
#include "common/status_macros.h"
#include "router/api/excerpt.h"
#include "router/api/output_validation.h"
#include "router/api/prompt.h"
#include "router/api/sha256.h"
#include "router/api/stop_validation.h"
#include "router/api/token_rules.h"

namespace baton {
namespace {

// Ids go to logs and to other systems: printable ASCII without spaces, quotes and backslashes.
absl::StatusOr<std::string> RequestId(const std::string& id, const RandomSource& random) {
  if (id.empty()) return absl::StrFormat("%016x", random());
  if (id.size() > kMaxRequestIdBytes) {
    return InvalidField("request_id", absl::StrCat("has ", id.size(), " bytes, at most ",
                                                   kMaxRequestIdBytes, " are allowed"));
  }
  for (size_t i = 0; i < id.size(); ++i) {
    if (absl::ascii_isgraph(id[i]) && id[i] != '"' && id[i] != '\'' && id[i] != '\\') continue;
    return InvalidField(
        "request_id",
        absl::StrCat("may hold printable ASCII but spaces, quotes and backslashes, is ",
                     Excerpt(id), " (byte ", i, ")"));
  }
  return id;
}

absl::StatusOr<std::string> CacheSalt(const std::string& salt) {
  if (salt.size() <= kMaxCacheSaltBytes) return salt;
  return InvalidField("cache_salt", absl::StrCat("has ", salt.size(), " bytes, at most ",
                                                 kMaxCacheSaltBytes, " are allowed"));
}

}  // namespace

absl::StatusOr<ValidatedGenerate> ValidateGenerate(const v1::GenerateRequest& request,
                                                   const ModelServing& serving,
                                                   const CallTimes& times,
                                                   const RandomSource& random) {
  ValidatedGenerate result;
  EngineRequest& engine = result.request;
  ASSIGN_OR_RETURN(engine.id, RequestId(request.request_id(), random));
  ASSIGN_OR_RETURN(engine.sampling, ValidateSampling(request.sampling(), random));
  RETURN_IF_ERROR(ValidateTokenRules(request.sampling(), *serving.model, &engine.sampling));
  RETURN_IF_ERROR(ValidateOutput(request, &engine));
  ASSIGN_OR_RETURN(engine.stop, ValidateStop(request.stop(), *serving.model));
  ASSIGN_OR_RETURN(Prompt prompt, MakePrompt(request, *serving.model));
  ASSIGN_OR_RETURN(engine.stop.max_tokens,
                   ValidateMaxTokens(request.stop(), prompt.tokens.size(), prompt.field, serving));
  ASSIGN_OR_RETURN(engine.stop.min_tokens,
                   ValidateMinTokens(request.stop(), engine.stop.max_tokens));
  RETURN_IF_ERROR(CheckAnyTokenIsLeft(engine.sampling, engine.stop));
  ASSIGN_OR_RETURN(engine.cache_salt, CacheSalt(request.cache_salt()));
  RETURN_IF_ERROR(CheckRankedOutput(engine));
  result.prompt_digest = PromptDigest(prompt.tokens);
  engine.prompt = std::move(prompt.tokens);
  engine.arrival = times.arrival;
  engine.deadline = times.deadline;
  return result;
}

v1::GenerateStarted DescribeGenerate(const ValidatedGenerate& generate, const ModelContext& model) {
  v1::GenerateStarted started;
  started.set_request_id(generate.request.id);
  started.set_seed(generate.request.sampling.seed);
  started.set_model(model.name);
  started.set_model_digest(model.digest);
  started.set_prompt_digest(generate.prompt_digest);
  started.set_prompt_tokens(static_cast<uint32_t>(generate.request.prompt.size()));
  started.set_max_tokens(generate.request.stop.max_tokens);
  return started;
}

}  // namespace baton
