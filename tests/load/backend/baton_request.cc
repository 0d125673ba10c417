#include "tests/load/backend/baton_request.h"

#include <vector>

#include "absl/strings/str_cat.h"

namespace baton {
namespace {

void SetPrompt(const LoadPrompt& prompt, v1::GenerateRequest* message) {
  if (const auto* ids = absl::get_if<std::vector<uint32_t>>(&prompt)) {
    message->mutable_tokens()->mutable_ids()->Add(ids->begin(), ids->end());
  } else if (const auto* text = absl::get_if<std::string>(&prompt)) {
    message->set_text(*text);
  } else {
    for (const ChatTurn& turn : absl::get<std::vector<ChatTurn>>(prompt)) {
      v1::ChatMessage* chat = message->mutable_chat()->add_messages();
      chat->set_role(turn.role);
      chat->set_content(turn.content);
    }
  }
}

void SetSampling(const LoadSampling& sampling, v1::SamplingParameters* message) {
  const auto set = [](const absl::optional<double>& value, auto setter) {
    if (value) setter(static_cast<float>(*value));
  };
  set(sampling.temperature, [&](float v) { message->set_temperature(v); });
  set(sampling.top_p, [&](float v) { message->set_top_p(v); });
  set(sampling.min_p, [&](float v) { message->set_min_p(v); });
  set(sampling.repetition_penalty, [&](float v) { message->set_repetition_penalty(v); });
  set(sampling.presence_penalty, [&](float v) { message->set_presence_penalty(v); });
  set(sampling.frequency_penalty, [&](float v) { message->set_frequency_penalty(v); });
  if (sampling.top_k) message->set_top_k(*sampling.top_k);
  if (sampling.seed) message->set_seed(*sampling.seed);
}

}  // namespace

v1::GenerateRequest ToGenerateRequest(const LoadRequest& request, const std::string& model) {
  v1::GenerateRequest message;
  message.set_model(model);
  SetPrompt(request.prompt, &message);
  SetSampling(request.sampling, message.mutable_sampling());
  message.mutable_stop()->set_max_tokens(request.max_tokens);
  message.mutable_stop()->set_ignore_eos(request.ignore_eos);
  return message;
}

}  // namespace baton
