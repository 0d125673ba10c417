#include "tests/load/backend/openai_body.h"

#include <utility>
#include <vector>

#include "absl/types/variant.h"

namespace baton {
namespace {

using nlohmann::json;
using TokenIds = std::vector<uint32_t>;
using Turns = std::vector<ChatTurn>;

json Message(absl::string_view role, absl::string_view content) {
  return {{"role", std::string(role)}, {"content", std::string(content)}};
}

json Messages(const LoadPrompt& prompt) {
  json messages = json::array();
  if (const auto* text = absl::get_if<std::string>(&prompt)) {
    messages.push_back(Message("user", *text));
  } else if (const auto* turns = absl::get_if<Turns>(&prompt)) {
    for (const ChatTurn& turn : *turns) messages.push_back(Message(turn.role, turn.content));
  }
  return messages;
}

json PromptValue(const LoadPrompt& prompt) {
  if (const auto* ids = absl::get_if<TokenIds>(&prompt)) return *ids;
  const auto* text = absl::get_if<std::string>(&prompt);
  return text != nullptr ? *text : "";
}

template <typename T>
void SetIfGiven(const char* name, const absl::optional<T>& value, json* body) {
  if (value) (*body)[name] = *value;
}

void SetSampling(const LoadSampling& sampling, json* body) {
  SetIfGiven("temperature", sampling.temperature, body);
  SetIfGiven("top_p", sampling.top_p, body);
  SetIfGiven("min_p", sampling.min_p, body);
  SetIfGiven("top_k", sampling.top_k, body);
  SetIfGiven("repetition_penalty", sampling.repetition_penalty, body);
  SetIfGiven("presence_penalty", sampling.presence_penalty, body);
  SetIfGiven("frequency_penalty", sampling.frequency_penalty, body);
  SetIfGiven("seed", sampling.seed, body);
}

}  // namespace

absl::Status CheckOpenAiPrompt(OpenAiEndpoint endpoint, const LoadPrompt& prompt) {
  if (endpoint == OpenAiEndpoint::kChat && absl::holds_alternative<TokenIds>(prompt)) {
    return absl::InvalidArgumentError(
        "the prompt is token ids, and OpenAI's chat endpoint takes text or messages only");
  }
  if (endpoint == OpenAiEndpoint::kCompletions && absl::holds_alternative<Turns>(prompt)) {
    return absl::InvalidArgumentError(
        "the prompt is a conversation, and OpenAI's completions endpoint takes text or token ids "
        "only");
  }
  return absl::OkStatus();
}

std::string OpenAiBody(OpenAiEndpoint endpoint, absl::string_view model, const LoadRequest& request,
                       const json& extra) {
  json body = {{"model", std::string(model)},
               {"stream", true},
               {"stream_options", {{"include_usage", true}}}};
  if (endpoint == OpenAiEndpoint::kChat) {
    body["messages"] = Messages(request.prompt);
    body["max_completion_tokens"] = request.max_tokens;
  } else {
    body["prompt"] = PromptValue(request.prompt);
    body["max_tokens"] = request.max_tokens;
  }
  SetSampling(request.sampling, &body);
  if (request.ignore_eos) body["ignore_eos"] = true;
  for (const auto& member : extra.items()) body[member.key()] = member.value();
  return body.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

}  // namespace baton
