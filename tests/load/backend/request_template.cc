#include "tests/load/backend/request_template.h"

#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/optional.h"
#include "common/status_macros.h"
#include "nlohmann/json.hpp"
#include "tests/load/backend/placeholder.h"

namespace baton {
namespace {

using Json = nlohmann::json;
using MaybeJson = absl::optional<Json>;

// Which placeholders take a prompt of each kind, in the order of LoadPrompt's types.
struct PromptKind {
  absl::string_view name;
  std::vector<std::string> placeholders;
};
const PromptKind& KindOf(const LoadPrompt& prompt) {
  static const auto* kinds = new std::vector<PromptKind>{{"token ids", {"prompt_ids"}},
                                                         {"text", {"prompt", "messages"}},
                                                         {"a conversation", {"messages"}}};
  return (*kinds)[prompt.index()];
}
constexpr absl::string_view kPromptPlaceholders[] = {"prompt", "prompt_ids", "messages"};

// Calls visit(string) for each string value in `json`; an object's keys are not among them.
void ForEachString(const Json& json, const std::function<void(const std::string&)>& visit) {
  if (json.is_string()) visit(json.get_ref<const std::string&>());
  if (!json.is_structured()) return;
  for (const Json& child : json) ForEachString(child, visit);
}

// Never throws for text that is not UTF-8.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The value of a placeholder, by name.
using Values = std::function<MaybeJson(absl::string_view)>;

MaybeJson FillString(const std::string& text, const Values& values) {
  const std::vector<absl::string_view> parts = CutAtPlaceholders(text);
  if (parts.size() == 3 && parts[0].empty() && parts[2].empty()) {
    return values(parts[1]);
  }
  std::string filled;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i % 2 == 0) {
      absl::StrAppend(&filled, parts[i]);
      continue;
    }
    const MaybeJson value = values(parts[i]);
    if (!value) return absl::nullopt;
    filled += value->is_string() ? value->get_ref<const std::string&>() : Dump(*value);
  }
  return filled;
}

MaybeJson FillJson(const Json& json, const Values& values) {
  if (json.is_string()) return FillString(json.get_ref<const std::string&>(), values);
  if (!json.is_structured()) return json;
  Json filled = json.is_object() ? Json::object() : Json::array();
  for (auto it = json.begin(); it != json.end(); ++it) {
    MaybeJson child = FillJson(*it, values);
    if (!child) continue;
    if (json.is_object()) {
      filled[it.key()] = *std::move(child);
    } else {
      filled.push_back(*std::move(child));
    }
  }
  if (filled.empty() && !json.empty()) return absl::nullopt;
  return filled;
}

absl::Status CheckNames(const std::set<std::string>& used) {
  for (const std::string& name : used) {
    if (FindPlaceholder(name) != nullptr) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "the request template has the unknown placeholder {", name, "}; there are {",
        absl::StrJoin(AllPlaceholders(), "}, {",
                      [](std::string* out, const Placeholder& p) { absl::StrAppend(out, p.name); }),
        "}"));
  }
  for (const absl::string_view name : kPromptPlaceholders) {
    if (used.count(std::string(name)) > 0) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the request template has no placeholder for a prompt; expected one of {",
                   absl::StrJoin(kPromptPlaceholders, "}, {"), "}"));
}

// Puts where `text` stands as a whole, below objects, after `path`; false if it is not there.
bool FindBelowObjects(const Json& json, absl::string_view text, std::vector<std::string>* path) {
  for (auto it = json.begin(); it != json.end(); ++it) {
    path->push_back(it.key());
    if (it->is_string() && it->get_ref<const std::string&>() == text) return true;
    if (it->is_object() && FindBelowObjects(*it, text, path)) return true;
    path->pop_back();
  }
  return false;
}

// INVALID_ARGUMENT with the byte where it stops being JSON.
absl::StatusOr<Json> ParseObject(absl::string_view text) {
  Json json;
  try {
    json = Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& error) {
    return absl::InvalidArgumentError(absl::StrCat("the request template is not JSON at byte ",
                                                   error.byte, ": ", text.substr(0, 200)));
  }
  if (json.is_object()) return json;
  return absl::InvalidArgumentError(
      absl::StrCat("the request template is ", json.type_name(), "; expected a JSON object"));
}

}  // namespace

RequestTemplate::RequestTemplate(Json json, std::set<std::string> used)
    : json_(std::make_shared<const Json>(std::move(json))), used_(std::move(used)) {}

absl::StatusOr<RequestTemplate> RequestTemplate::Parse(absl::string_view text) {
  ASSIGN_OR_RETURN(Json json, ParseObject(text));
  std::set<std::string> used;
  ForEachString(json, [&used](const std::string& value) {
    const std::vector<absl::string_view> parts = CutAtPlaceholders(value);
    for (size_t i = 1; i < parts.size(); i += 2) used.insert(std::string(parts[i]));
  });
  RETURN_IF_ERROR(CheckNames(used));
  return RequestTemplate(std::move(json), std::move(used));
}

absl::Status RequestTemplate::Check(const LoadRequest& request) const {
  const PromptKind& kind = KindOf(request.prompt);
  for (const std::string& name : kind.placeholders) {
    if (used_.count(name) > 0) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("the prompt is ", kind.name,
                                                 ", for which the request template has no {",
                                                 absl::StrJoin(kind.placeholders, "} or {"),
                                                 "}; it has {", absl::StrJoin(used_, "}, {"), "}"));
}

std::string RequestTemplate::Fill(const LoadRequest& request) const {
  const bool text_is_prompt =
      absl::holds_alternative<std::string>(request.prompt) && used_.count("prompt") > 0;
  const Values values = [&request, text_is_prompt](absl::string_view name) -> MaybeJson {
    if (text_is_prompt && name == "messages") return absl::nullopt;
    return FindPlaceholder(name)->value(request);
  };
  return Dump(*FillJson(*json_, values));
}

std::vector<std::string> RequestTemplate::IdsPath() const {
  int places = 0;
  ForEachString(*json_, [&places](const std::string& text) {
    const std::vector<absl::string_view> parts = CutAtPlaceholders(text);
    for (size_t i = 1; i < parts.size(); i += 2) places += parts[i] == "prompt_ids";
  });
  std::vector<std::string> path;
  if (places != 1 || !FindBelowObjects(*json_, "{prompt_ids}", &path)) return {};
  return path;
}

}  // namespace baton
