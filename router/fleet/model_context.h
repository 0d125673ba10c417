// A model as the router knows it: what is needed to turn requests into tokens and tokens into text.
// Immutable and shared by every request that uses it.
#ifndef BATON_ROUTER_FLEET_MODEL_CONTEXT_H_
#define BATON_ROUTER_FLEET_MODEL_CONTEXT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "router/chat/chat_template.h"
#include "router/tokenizer/tokenizer.h"

namespace baton {

struct ModelContext {
  std::string name;
  std::string digest;
  std::string architecture;
  int32_t vocab_size = 0;
  int32_t context_length = 0;
  std::vector<int32_t> end_token_ids;
  std::unique_ptr<const Tokenizer> tokenizer;
  std::unique_ptr<const ChatTemplate>
      chat_template;  // null: none, or one that cannot run, see chat_template_status
  absl::Status chat_template_status;  // why chat_template is null
};

}  // namespace baton

#endif  // BATON_ROUTER_FLEET_MODEL_CONTEXT_H_
