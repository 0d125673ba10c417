// A make-believe model for tests of the API: //router/tokenizer:test_vocabulary, and a chat
// template if asked for.
#ifndef BATON_ROUTER_API_TEST_MODEL_H_
#define BATON_ROUTER_API_TEST_MODEL_H_

#include <string>

#include "router/fleet/cluster.h"

namespace baton {

// The model "tiny": end token 0, a context of 1000 tokens, served with 800 tokens of KV memory.
// Without `chat_template` it has none.
ModelServing TestServing(const std::string& chat_template = "");

}  // namespace baton

#endif  // BATON_ROUTER_API_TEST_MODEL_H_
