#include "router/tokenizer/test_vocabulary.h"

#include <algorithm>

#include "router/tokenizer/byte_alphabet.h"

namespace baton {

TokenizerSpec TestVocabulary() {
  TokenizerSpec spec;
  spec.model = "gpt2";
  spec.pre = "smollm";
  spec.tokens = {"<|end|>", "<|start|>", "<tab>"};
  spec.token_types = {kTokenControl, kTokenControl, kTokenUserDefined};
  spec.bos_id = 1;
  spec.eos_id = 0;
  for (int byte = 0; byte < 256; ++byte) {
    spec.tokens.push_back(SpellByte(static_cast<unsigned char>(byte)));
  }
  spec.merges = {
      "t h",            // 0: "th"
      "th e",           // 1: "the"
      "\u0120 the",     // 2: " the"
      "\u0120 \u0120",  // 3: two spaces
      "\u00F0 \u0141",  // 4: bytes F0 9F, the first half of most emoji
      "a b",            // 5: "ab"
      "ab ab",          // 6: "abab"
      "e n",            // 7: "en"
      "1 2",            // 8: "12", which "smollm" never lets happen
      "\u00C3 \u00A9",  // 9: bytes C3 A9, "é"
      "| >",            // 10: "|>"
      "\u010A \u010A",  // 11: two line feeds
  };
  for (std::string token : spec.merges) {
    token.erase(std::remove(token.begin(), token.end(), ' '), token.end());
    spec.tokens.push_back(token);
  }
  spec.token_types.resize(spec.tokens.size(), kTokenNormal);
  return spec;
}

}  // namespace baton
