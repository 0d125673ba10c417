#include "router/chat/chat_template.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/functions.h"
#include "router/chat/jinja/runtime.h"
#include "router/chat/template_variables.h"

namespace baton {
namespace {

std::vector<RenderedSegment> Segments(const jinja::Text& text) {
  std::vector<RenderedSegment> segments;
  size_t begin = 0;
  for (const jinja::Text::Run& run : text.runs()) {
    segments.push_back({std::string(text.bytes().substr(begin, run.end - begin)), run.trusted});
    begin = run.end;
  }
  return segments;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const ChatTemplate>> ChatTemplate::Create(
    absl::string_view source, absl::string_view bos_text, absl::string_view eos_text) {
  ASSIGN_OR_RETURN(std::unique_ptr<const jinja::Template> parsed, jinja::Template::Parse(source));
  return std::unique_ptr<const ChatTemplate>(
      new ChatTemplate(std::move(parsed), bos_text, eos_text));
}

absl::StatusOr<std::vector<RenderedSegment>> ChatTemplate::Render(
    const Conversation& conversation, const RenderOptions& options) const {
  jinja::Runtime runtime(options.limits, options.now, options.time_zone);
  ASSIGN_OR_RETURN(const std::shared_ptr<jinja::Dict> variables,
                   TemplateVariables(runtime.budget(), conversation, takes_parts_));
  const auto set = [&](absl::string_view name, const std::string& token) {
    return variables->Set(runtime.budget(), jinja::Value::String(std::string(name), true),
                          jinja::Value::String(token, true));
  };
  RETURN_IF_ERROR(set("bos_token", bos_text_));
  RETURN_IF_ERROR(set("eos_token", eos_text_));
  const absl::StatusOr<jinja::Text> text = template_->Render(runtime, *variables);
  if (jinja::IsRaisedByTemplate(text.status())) {
    return absl::InvalidArgumentError(
        absl::StrCat("messages: the model's chat template says: ", text.status().message()));
  }
  // Without the payloads that the interpreter leaves itself notes in.
  if (!text.ok()) return absl::Status(text.status().code(), text.status().message());
  return Segments(*text);
}

}  // namespace baton
