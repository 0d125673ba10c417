// Turns a conversation into the text a model was trained on, by running the chat template that the
// model's own file carries (GGUF's key tokenizer.chat_template).
#ifndef BATON_ROUTER_CHAT_CHAT_TEMPLATE_H_
#define BATON_ROUTER_CHAT_CHAT_TEMPLATE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "router/chat/conversation.h"
#include "router/chat/jinja/budget.h"
#include "router/chat/jinja/template.h"

namespace baton {

// A stretch of the rendered text. Special tokens may be parsed only inside trusted segments, each
// taken whole: trusted is what the template's author wrote, the texts of the model's own tokens,
// and roles (there are five). Untrusted is what came from the client, however the template has cut,
// replaced, escaped or joined it. Apart from special tokens the boundary means nothing: adjacent
// plain text is to be tokenised as one text.
struct RenderedSegment {
  std::string text;
  bool trusted;
};

struct RenderOptions {
  jinja::Limits limits;
  // What strftime_now() tells the template.
  absl::Time now = absl::Now();
  absl::TimeZone time_zone = absl::UTCTimeZone();
};

// Immutable, safe from any thread.
class ChatTemplate {
 public:
  // `source` is the template; the texts of the model's tokens may be empty. INVALID_ARGUMENT where
  // the template is wrong, UNIMPLEMENTED where it uses what this interpreter lacks; both name it
  // and the line.
  static absl::StatusOr<std::unique_ptr<const ChatTemplate>> Create(absl::string_view source,
                                                                    absl::string_view bos_text,
                                                                    absl::string_view eos_text);

  // Adjacent segments differ in trust; none is empty. INVALID_ARGUMENT names the field of the
  // conversation that is wrong, its value and what is allowed, or carries what the template itself
  // objects to; RESOURCE_EXHAUSTED past a limit.
  //
  // Templates see what transformers gives them: messages, tools (or none), documents (none),
  // add_generation_prompt, bos_token, eos_token, and template_kwargs_json. A message's parts are
  // passed as a list to a template that goes through content's items, and joined by line breaks for
  // one that takes text alone.
  absl::StatusOr<std::vector<RenderedSegment>> Render(const Conversation& conversation,
                                                      const RenderOptions& options) const;

 private:
  ChatTemplate(std::unique_ptr<const jinja::Template> parsed, absl::string_view bos_text,
               absl::string_view eos_text)
      : template_(std::move(parsed)),
        takes_parts_(template_->IteratesOver("content")),
        bos_text_(bos_text),
        eos_text_(eos_text) {}

  const std::unique_ptr<const jinja::Template> template_;
  const bool takes_parts_;
  const std::string bos_text_, eos_text_;
};

}  // namespace baton

#endif  // BATON_ROUTER_CHAT_CHAT_TEMPLATE_H_
