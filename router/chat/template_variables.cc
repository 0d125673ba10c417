#include "router/chat/template_variables.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_macros.h"
#include "router/chat/jinja/json.h"
#include "router/chat/jinja/unicode.h"

namespace baton {
namespace {

using jinja::Budget;
using jinja::Dict;
using jinja::Kind;
using jinja::SequenceKind;
using jinja::Value;

constexpr absl::string_view kRoles[] = {"system", "user", "assistant", "tool", "developer"};
constexpr absl::string_view kReserved[] = {"messages", "tools", "bos_token", "eos_token",
                                           "add_generation_prompt"};

// Of a client's value, as much as an error should carry.
std::string Quoted(absl::string_view value) {
  return absl::StrCat("\"", absl::CHexEscape(value.substr(0, 40)), value.size() > 40 ? "..." : "",
                      "\"");
}

absl::Status Invalid(absl::string_view field, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", problem));
}

// Builds one dict of the conversation; `field` is where it is, for errors.
class Builder {
 public:
  Builder(Budget& budget, std::string field) : budget_(budget), field_(std::move(field)) {}

  absl::Status Set(absl::string_view key, Value value) {
    return dict_->Set(budget_, Value::String(std::string(key), true), std::move(value));
  }
  absl::Status SetText(absl::string_view key, absl::string_view text, bool trusted = false) {
    if (!jinja::IsValidUtf8(text)) return Invalid(Field(key), "not valid UTF-8");
    RETURN_IF_ERROR(budget_.Allocate(text.size()));
    return Set(key, Value::String(std::string(text), trusted));
  }
  absl::Status SetTextUnlessEmpty(absl::string_view key, absl::string_view text) {
    return text.empty() ? absl::OkStatus() : SetText(key, text);
  }
  std::string Field(absl::string_view key) const { return absl::StrCat(field_, ".", key); }
  absl::StatusOr<Value> Build() { return jinja::MakeDict(budget_, std::move(dict_)); }

 private:
  Budget& budget_;
  const std::string field_;
  std::shared_ptr<Dict> dict_ = std::make_shared<Dict>();
};

absl::StatusOr<Value> ParseField(Budget& budget, const std::string& field, absl::string_view json,
                                 bool must_be_object) {
  absl::StatusOr<Value> value = jinja::ParseJson(budget, json, /*trusted=*/false);
  if (absl::IsInvalidArgument(value.status())) {
    return Invalid(field, absl::StrCat(value.status().message(), " in ", Quoted(json)));
  }
  RETURN_IF_ERROR(value.status());
  if (must_be_object && !value->is(Kind::kDict)) {
    return Invalid(field, absl::StrCat(Quoted(json), " is not a JSON object"));
  }
  return value;
}

absl::StatusOr<Value> List(Budget& budget, std::vector<Value> items) {
  return jinja::MakeSequence(budget, SequenceKind::kList, std::move(items));
}

absl::Status SetParts(Budget& budget, const std::vector<ContentPart>& parts, bool takes_parts,
                      Builder* message) {
  std::vector<Value> items;
  std::string joined;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string field = absl::StrCat(message->Field("content"), "[", i, "]");
    if (parts[i].type != "text") {
      return Invalid(absl::StrCat(field, ".type"),
                     absl::StrCat(Quoted(parts[i].type), " is unknown; allowed: text"));
    }
    Builder part(budget, field);
    RETURN_IF_ERROR(part.SetText("type", parts[i].type, /*trusted=*/true));
    RETURN_IF_ERROR(part.SetText("text", parts[i].text));
    ASSIGN_OR_RETURN(Value item, part.Build());
    items.push_back(std::move(item));
    absl::StrAppend(&joined, i > 0 ? "\n" : "", parts[i].text);
  }
  if (!takes_parts) return message->SetText("content", joined);
  ASSIGN_OR_RETURN(Value list, List(budget, std::move(items)));
  return message->Set("content", std::move(list));
}

absl::StatusOr<Value> ToolCallValue(Budget& budget, const ToolCall& call,
                                    const std::string& field) {
  if (call.name.empty()) return Invalid(absl::StrCat(field, ".name"), "must not be empty");
  Builder function(budget, field);
  RETURN_IF_ERROR(function.SetText("name", call.name));
  ASSIGN_OR_RETURN(Value arguments,
                   ParseField(budget, function.Field("arguments"),
                              call.arguments_json.empty() ? "{}" : call.arguments_json, true));
  RETURN_IF_ERROR(function.Set("arguments", std::move(arguments)));
  ASSIGN_OR_RETURN(Value function_value, function.Build());
  Builder value(budget, field);
  RETURN_IF_ERROR(value.SetTextUnlessEmpty("id", call.id));
  RETURN_IF_ERROR(value.SetText("type", "function", /*trusted=*/true));
  RETURN_IF_ERROR(value.Set("function", std::move(function_value)));
  return value.Build();
}

absl::StatusOr<Value> MessageValue(Budget& budget, const Message& message, const std::string& field,
                                   bool takes_parts) {
  if (std::find(std::begin(kRoles), std::end(kRoles), message.role) == std::end(kRoles)) {
    return Invalid(
        absl::StrCat(field, ".role"),
        absl::StrCat(Quoted(message.role), " is unknown; allowed: ", absl::StrJoin(kRoles, ", ")));
  }
  Builder value(budget, field);
  RETURN_IF_ERROR(value.SetText("role", message.role, /*trusted=*/true));
  if (message.parts.empty()) {
    RETURN_IF_ERROR(value.SetText("content", message.content));
  } else {
    RETURN_IF_ERROR(SetParts(budget, message.parts, takes_parts, &value));
  }
  RETURN_IF_ERROR(value.SetTextUnlessEmpty("name", message.name));
  RETURN_IF_ERROR(value.SetTextUnlessEmpty("tool_call_id", message.tool_call_id));
  RETURN_IF_ERROR(value.SetTextUnlessEmpty("reasoning_content", message.reasoning_content));
  // An older name, which some templates read; transformers sets it too.
  RETURN_IF_ERROR(value.SetTextUnlessEmpty("thinking", message.reasoning_content));
  if (!message.tool_calls.empty()) {
    std::vector<Value> calls;
    for (size_t i = 0; i < message.tool_calls.size(); ++i) {
      ASSIGN_OR_RETURN(Value call, ToolCallValue(budget, message.tool_calls[i],
                                                 absl::StrCat(field, ".tool_calls[", i, "]")));
      calls.push_back(std::move(call));
    }
    ASSIGN_OR_RETURN(Value list, List(budget, std::move(calls)));
    RETURN_IF_ERROR(value.Set("tool_calls", std::move(list)));
  }
  return value.Build();
}

absl::StatusOr<Value> ToolsValue(Budget& budget, const std::vector<std::string>& tools_json) {
  if (tools_json.empty()) return Value::None();
  std::vector<Value> tools;
  for (size_t i = 0; i < tools_json.size(); ++i) {
    ASSIGN_OR_RETURN(Value tool,
                     ParseField(budget, absl::StrCat("tools[", i, "]"), tools_json[i], true));
    tools.push_back(std::move(tool));
  }
  return List(budget, std::move(tools));
}

}  // namespace

absl::StatusOr<std::shared_ptr<Dict>> TemplateVariables(Budget& budget,
                                                        const Conversation& conversation,
                                                        bool takes_parts) {
  auto variables = std::make_shared<Dict>();
  const auto set = [&](absl::string_view name, Value value) {
    return variables->Set(budget, Value::String(std::string(name), true), std::move(value));
  };
  std::vector<Value> messages;
  for (size_t i = 0; i < conversation.messages.size(); ++i) {
    ASSIGN_OR_RETURN(Value message, MessageValue(budget, conversation.messages[i],
                                                 absl::StrCat("messages[", i, "]"), takes_parts));
    messages.push_back(std::move(message));
  }
  ASSIGN_OR_RETURN(Value list, List(budget, std::move(messages)));
  RETURN_IF_ERROR(set("messages", std::move(list)));
  ASSIGN_OR_RETURN(Value tools, ToolsValue(budget, conversation.tools_json));
  RETURN_IF_ERROR(set("tools", std::move(tools)));
  RETURN_IF_ERROR(set("documents", Value::None()));
  RETURN_IF_ERROR(set("add_generation_prompt", Value::Bool(conversation.add_generation_prompt)));
  for (const auto& [name, json] : conversation.template_kwargs_json) {
    const std::string field = absl::StrCat("template_kwargs[", Quoted(name), "]");
    if (std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved)) {
      return Invalid(field, "this variable is set by the server");
    }
    ASSIGN_OR_RETURN(Value value, ParseField(budget, field, json, false));
    RETURN_IF_ERROR(set(name, std::move(value)));
  }
  return variables;
}

}  // namespace baton
