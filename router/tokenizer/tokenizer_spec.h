// What a model file says about its tokenizer, as plain values: filled from GGUF metadata (or a
// worker's Hello) by whoever read it, unchecked. Tokenizer::Create checks it. Each field names its
// GGUF key; the format is described in https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
// ("Tokenizer").
#ifndef BATON_ROUTER_TOKENIZER_TOKENIZER_SPEC_H_
#define BATON_ROUTER_TOKENIZER_TOKENIZER_SPEC_H_

#include <cstdint>
#include <string>
#include <vector>

namespace baton {

// Values of tokenizer.ggml.token_type (llama.cpp's numbering).
enum TokenType : int32_t {
  kTokenNormal = 1,
  kTokenUnknown = 2,
  kTokenControl = 3,      // "<|im_end|>": recognised in text only where asked for
  kTokenUserDefined = 4,  // recognised in any text, before ordinary tokenisation
  kTokenUnused = 5,
  kTokenByte = 6,
};

struct TokenizerSpec {
  std::string model;                 // tokenizer.ggml.model, e.g. "gpt2"
  std::string pre;                   // tokenizer.ggml.pre, e.g. "smollm"
  std::vector<std::string> tokens;   // tokenizer.ggml.tokens, in the vocabulary's own spelling
  std::vector<int32_t> token_types;  // tokenizer.ggml.token_type, one of TokenType per token
  std::vector<std::string> merges;   // tokenizer.ggml.merges, "left right", most urgent first
  int32_t bos_id = -1;               // tokenizer.ggml.bos_token_id; -1: none
  int32_t eos_id = -1;               // tokenizer.ggml.eos_token_id; -1: none
  int32_t unknown_id = -1;           // tokenizer.ggml.unknown_token_id; -1: none
  int32_t padding_id = -1;           // tokenizer.ggml.padding_token_id; -1: none
  bool add_bos = false;              // tokenizer.ggml.add_bos_token
  bool add_eos = false;              // tokenizer.ggml.add_eos_token
  bool add_space_prefix = false;     // tokenizer.ggml.add_space_prefix
};

}  // namespace baton

#endif  // BATON_ROUTER_TOKENIZER_TOKENIZER_SPEC_H_
