#include "tests/load/workload/prompt_builder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/load/workload/random_text.h"

namespace baton {

void PromptBuilder::Append(SeededRandom* random, uint32_t tokens) {
  tokens_ += tokens;
  if (style_.kind != LoadPromptKind::kIds) {
    const std::string words = RandomText(random, tokens);
    absl::StrAppend(&text_, text_.empty() || words.empty() ? "" : " ", words);
    return;
  }
  ids_.reserve(ids_.size() + tokens);
  for (uint32_t i = 0; i < tokens; ++i) {
    ids_.push_back(static_cast<uint32_t>(random->Integer(style_.first_id, style_.last_id)));
  }
}

void PromptBuilder::MoveTo(LoadRequest* request) {
  request->prompt_tokens = tokens_;
  switch (style_.kind) {
    case LoadPromptKind::kIds:
      request->prompt = std::move(ids_);
      break;
    case LoadPromptKind::kText:
      request->prompt = std::move(text_);
      break;
    case LoadPromptKind::kChat:
      request->prompt = std::vector<ChatTurn>{{"user", std::move(text_)}};
      break;
  }
}

}  // namespace baton
