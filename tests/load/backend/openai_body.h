// The JSON body of a request to OpenAI's completions or chat endpoint. Pure.
#ifndef BATON_TESTS_LOAD_BACKEND_OPENAI_BODY_H_
#define BATON_TESTS_LOAD_BACKEND_OPENAI_BODY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"
#include "tests/load/backend/openai_events.h"
#include "tests/load/request/load_request.h"

namespace baton {

// INVALID_ARGUMENT when the endpoint can not be asked with such a prompt: completions take text or
// token ids, chat takes text or a conversation.
absl::Status CheckOpenAiPrompt(OpenAiEndpoint endpoint, const LoadPrompt& prompt);

// The body for a request whose prompt fits the endpoint. What the request leaves open is not in it,
// so the server's own defaults hold. Text that is not UTF-8 has each bad byte replaced by U+FFFD,
// since JSON can not hold it. The members of `extra`, an object, replace those of the same name.
//
// Chat has the limit of tokens under its present name, max_completion_tokens, and under the one
// before, max_tokens, which is all that some servers know.
std::string OpenAiBody(OpenAiEndpoint endpoint, absl::string_view model, const LoadRequest& request,
                       const nlohmann::json& extra);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_OPENAI_BODY_H_
