// Code points in UTF-8 text, with the properties that Python's str methods are defined by (Unicode
// 14, see make_unicode_tables.py). Pure functions, safe from any thread, total: a byte that starts
// no valid sequence counts as one code point, its own value.
#ifndef BATON_ROUTER_CHAT_JINJA_UNICODE_H_
#define BATON_ROUTER_CHAT_JINJA_UNICODE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace baton {
namespace jinja {

struct CodePoint {
  uint32_t value;
  size_t size;  // bytes, at least 1
  bool valid;   // false: not UTF-8
};

// The code point that starts at `pos`, which must be below text.size().
CodePoint DecodeUtf8(absl::string_view text, size_t pos);
void AppendUtf8(uint32_t code_point, std::string* out);
bool IsValidUtf8(absl::string_view text);

size_t CountCodePoints(absl::string_view text);
// Byte offset of code point number `index`; text.size() when there are not that many.
size_t ByteOffset(absl::string_view text, size_t index);

bool IsSpace(uint32_t code_point);      // str.isspace
bool IsLineBreak(uint32_t code_point);  // where str.splitlines splits
bool IsPrintable(uint32_t code_point);  // str.isprintable: decides what repr() escapes
bool IsDigit(uint32_t code_point);      // str.isdigit
bool IsLower(uint32_t code_point);      // str.islower of one character
bool IsUpper(uint32_t code_point);

enum class Case { kLower, kUpper, kTitle };
// Appends the full mapping (up to three code points).
void AppendCase(Case mapping, uint32_t code_point, std::string* out);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_UNICODE_H_
