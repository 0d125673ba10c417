#include "tests/load/report/xml_text.h"

#include <cstddef>
#include <cstdint>

namespace baton {
namespace {

constexpr char kReplacement[] = "\xEF\xBF\xBD";

struct Utf8Char {
  uint32_t code;
  size_t length;  // in bytes; 0: not UTF-8
};

size_t LengthByFirstByte(unsigned char byte) {
  if (byte < 0x80) return 1;
  if (byte >= 0xC2 && byte < 0xE0) return 2;
  if (byte >= 0xE0 && byte < 0xF0) return 3;
  return byte >= 0xF0 && byte < 0xF5 ? 4 : 0;
}

// `text` is not empty.
Utf8Char FirstChar(absl::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const size_t length = LengthByFirstByte(first);
  if (length == 1) return {first, 1};
  if (length == 0 || text.size() < length) return {0, 0};
  uint32_t code = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return {0, 0};
    code = code << 6 | (byte & 0x3F);
  }
  const bool too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (too_long || surrogate || code > 0x10FFFF) return {0, 0};
  return {code, length};
}

bool IsLeftOut(uint32_t code) {
  const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
  const bool noncharacter = (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
  const bool direction = code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
                         (code >= 0x2066 && code <= 0x2069);
  return control || noncharacter || direction;
}

// How `code` is to be written; empty: as it is.
absl::string_view Reference(uint32_t code) {
  switch (code) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    case '\t':
    case '\n':
    case '\r':
      return " ";
    default:
      return "";
  }
}

}  // namespace

std::string EscapeXml(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Char c = FirstChar(text);
    const absl::string_view reference = Reference(c.code);
    if (c.length == 0) {
      out += kReplacement;
    } else if (!reference.empty()) {
      out.append(reference.data(), reference.size());
    } else if (!IsLeftOut(c.code)) {
      out.append(text.data(), c.length);
    }
    text.remove_prefix(c.length == 0 ? 1 : c.length);
  }
  return out;
}

}  // namespace baton
