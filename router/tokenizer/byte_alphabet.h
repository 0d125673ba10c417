// GPT-2's alphabet: byte-level vocabularies spell every byte as one printable character, so that a
// token is always readable text. Printable Latin-1 bytes spell themselves; the other 68, in order,
// are U+0100, U+0101, ... (a space is U+0120). Source: bytes_to_unicode in GPT-2's encoder.py
// (Radford et al., 2019).
#ifndef BATON_ROUTER_TOKENIZER_BYTE_ALPHABET_H_
#define BATON_ROUTER_TOKENIZER_BYTE_ALPHABET_H_

#include <string>

#include "absl/strings/string_view.h"

namespace baton {

// The character that spells `byte`, in UTF-8.
std::string SpellByte(unsigned char byte);

// Appends the bytes that `token` spells to `out`. A token that is not spelled in the alphabet
// throughout is its own UTF-8 text, as the reference's decoder takes it.
void AppendTokenBytes(absl::string_view token, std::string* out);

}  // namespace baton

#endif  // BATON_ROUTER_TOKENIZER_BYTE_ALPHABET_H_
