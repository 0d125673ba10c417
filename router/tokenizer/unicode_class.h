// The four kinds of character that pre-tokenizers tell apart.
#ifndef BATON_ROUTER_TOKENIZER_UNICODE_CLASS_H_
#define BATON_ROUTER_TOKENIZER_UNICODE_CLASS_H_

#include <cstdint>

namespace baton {

// The values are part of unicode_tables.inc.
enum class CharClass : uint8_t {
  kOther = 0,
  kLetter = 1,     // \p{L}, Unicode 16.0
  kNumber = 2,     // \p{N}: Nd, Nl or No, Unicode 16.0
  kSpace = 3,      // \s: White_Space, which has U+0085, U+00A0 and U+3000 but not U+200B
  kNewNumber = 4,  // a number in Unicode 17.0 only: 13 code points, see make_unicode_tables.py
};

// Any value is accepted; surrogates and values above U+10FFFF are kOther.
CharClass ClassOf(char32_t code_point);

}  // namespace baton

#endif  // BATON_ROUTER_TOKENIZER_UNICODE_CLASS_H_
