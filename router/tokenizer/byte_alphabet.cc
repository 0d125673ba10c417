#include "router/tokenizer/byte_alphabet.h"

#include <array>

#include "router/tokenizer/utf8.h"

namespace baton {
namespace {

constexpr char32_t kNumCharacters = 256 + 68;  // all are below U+0144

bool SpellsItself(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
}

struct Alphabet {
  std::array<char32_t, 256> character_of;
  std::array<int, kNumCharacters> byte_of;  // -1: not in the alphabet

  Alphabet() {
    byte_of.fill(-1);
    char32_t next = 256;
    for (int byte = 0; byte < 256; ++byte) {
      character_of[byte] = SpellsItself(byte) ? static_cast<char32_t>(byte) : next++;
      byte_of[character_of[byte]] = byte;
    }
  }
};

const Alphabet& TheAlphabet() {
  static const Alphabet* const alphabet = new Alphabet;
  return *alphabet;
}

}  // namespace

std::string SpellByte(unsigned char byte) {
  const char32_t c = TheAlphabet().character_of[byte];
  if (c < 0x80) return std::string(1, static_cast<char>(c));
  return {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
}

void AppendTokenBytes(absl::string_view token, std::string* out) {
  const Alphabet& alphabet = TheAlphabet();
  const size_t old_size = out->size();
  for (absl::string_view rest = token; !rest.empty();) {
    const Utf8Unit unit = ReadUtf8(rest);
    const int byte = unit.kind == Utf8Unit::kCharacter && unit.code_point < kNumCharacters
                         ? alphabet.byte_of[unit.code_point]
                         : -1;
    if (byte < 0) {
      out->resize(old_size);
      out->append(token.data(), token.size());
      return;
    }
    out->push_back(static_cast<char>(byte));
    rest.remove_prefix(unit.size);
  }
}

}  // namespace baton
