// A vocabulary small enough to reason about, for tests.
#ifndef BATON_ROUTER_TOKENIZER_TEST_VOCABULARY_H_
#define BATON_ROUTER_TOKENIZER_TEST_VOCABULARY_H_

#include "router/tokenizer/tokenizer_spec.h"

namespace baton {

// Ids 0 "<|end|>" and 1 "<|start|>" are control tokens, 2 "<tab>" is user-defined, kFirstByteToken
// + b is byte b, and after those come the results of the merges, in order (see the .cc file).
// Pre-tokenizer "smollm", no bos or eos added.
TokenizerSpec TestVocabulary();

constexpr int32_t kFirstByteToken = 3;
constexpr int32_t kFirstMergedToken = kFirstByteToken + 256;

}  // namespace baton

#endif  // BATON_ROUTER_TOKENIZER_TEST_VOCABULARY_H_
