#include "router/api/test_model.h"

#include <memory>
#include <utility>

#include "common/check.h"
#include "router/chat/chat_template.h"
#include "router/fleet/model_context.h"
#include "router/tokenizer/test_vocabulary.h"
#include "router/tokenizer/tokenizer.h"

namespace baton {

ModelServing TestServing(const std::string& chat_template) {
  auto model = std::make_shared<ModelContext>();
  model->name = "tiny";
  model->digest = "d1ce";
  model->architecture = "llama";
  model->context_length = 1000;
  model->end_token_ids = {0};
  auto tokenizer = Tokenizer::Create(TestVocabulary());
  BATON_CHECK(tokenizer.ok());
  model->tokenizer = *std::move(tokenizer);
  model->vocab_size = model->tokenizer->vocab_size();
  if (!chat_template.empty()) {
    auto parsed = ChatTemplate::Create(chat_template, "<|start|>", "<|end|>");
    model->chat_template_status = parsed.status();
    if (parsed.ok()) model->chat_template = *std::move(parsed);
  }
  ModelServing serving;
  serving.model = std::move(model);
  serving.max_model_len = 1000;
  serving.max_kv_tokens = 800;
  serving.numerics_classes = {"fake/1"};
  return serving;
}

}  // namespace baton
