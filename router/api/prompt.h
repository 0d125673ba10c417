// The three kinds of input as one: token ids.
#ifndef BATON_ROUTER_API_PROMPT_H_
#define BATON_ROUTER_API_PROMPT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "baton/v1/inference.pb.h"
#include "router/fleet/model_context.h"

namespace baton {

struct Prompt {
  std::vector<int32_t> tokens;  // at least one, all within the vocabulary
  absl::string_view
      field;  // the request's field they come from, for errors about their number; a literal
};

// The prompt of `request`, whatever its kind. Strings must be UTF-8. INVALID_ARGUMENT with
// BadRequest when there is none, when it is empty or holds an id outside the vocabulary; otherwise
// errors as RenderConversation's.
absl::StatusOr<Prompt> MakePrompt(const v1::GenerateRequest& request, const ModelContext& model);

}  // namespace baton

#endif  // BATON_ROUTER_API_PROMPT_H_
