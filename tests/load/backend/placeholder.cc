#include "tests/load/backend/placeholder.h"

#include <string>

#include "absl/strings/ascii.h"

namespace baton {
namespace {

using Json = nlohmann::json;
using MaybeJson = absl::optional<Json>;

template <typename T>
MaybeJson IfSet(const absl::optional<T>& value) {
  return value ? MaybeJson(*value) : absl::nullopt;
}

Json Message(const std::string& role, const std::string& content) {
  return {{"role", role}, {"content", content}};
}

MaybeJson Messages(const LoadPrompt& prompt) {
  if (const auto* text = absl::get_if<std::string>(&prompt)) {
    return Json::array({Message("user", *text)});
  }
  const auto* turns = absl::get_if<std::vector<ChatTurn>>(&prompt);
  if (turns == nullptr) return absl::nullopt;
  Json messages = Json::array();
  for (const ChatTurn& turn : *turns) messages.push_back(Message(turn.role, turn.content));
  return messages;
}

template <typename T>
MaybeJson PromptAs(const LoadPrompt& prompt) {
  const T* value = absl::get_if<T>(&prompt);
  return value ? MaybeJson(*value) : absl::nullopt;
}

constexpr Placeholder kPlaceholders[] = {
    {"prompt", [](const LoadRequest& r) { return PromptAs<std::string>(r.prompt); }},
    {"prompt_ids", [](const LoadRequest& r) { return PromptAs<std::vector<uint32_t>>(r.prompt); }},
    {"messages", [](const LoadRequest& r) { return Messages(r.prompt); }},
    {"max_tokens", [](const LoadRequest& r) { return MaybeJson(r.max_tokens); }},
    {"ignore_eos", [](const LoadRequest& r) { return MaybeJson(r.ignore_eos); }},
    {"seed", [](const LoadRequest& r) { return IfSet(r.sampling.seed); }},
    {"temperature", [](const LoadRequest& r) { return IfSet(r.sampling.temperature); }},
    {"top_p", [](const LoadRequest& r) { return IfSet(r.sampling.top_p); }},
    {"top_k", [](const LoadRequest& r) { return IfSet(r.sampling.top_k); }},
    {"index", [](const LoadRequest& r) { return MaybeJson(r.index); }},
};

bool IsNameLetter(char c) { return absl::ascii_islower(c) || c == '_'; }

}  // namespace

absl::Span<const Placeholder> AllPlaceholders() { return kPlaceholders; }

const Placeholder* FindPlaceholder(absl::string_view name) {
  for (const Placeholder& placeholder : kPlaceholders) {
    if (placeholder.name == name) return &placeholder;
  }
  return nullptr;
}

std::vector<absl::string_view> CutAtPlaceholders(absl::string_view text) {
  std::vector<absl::string_view> parts;
  size_t start = 0;
  for (size_t open = text.find('{'); open != text.npos; open = text.find('{', open + 1)) {
    size_t close = open + 1;
    while (close < text.size() && IsNameLetter(text[close])) ++close;
    if (close == open + 1 || close == text.size() || text[close] != '}') continue;
    parts.push_back(text.substr(start, open - start));
    parts.push_back(text.substr(open + 1, close - open - 1));
    start = close + 1;
    open = close;
  }
  parts.push_back(text.substr(start));
  return parts;
}

}  // namespace baton
