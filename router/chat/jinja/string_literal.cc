#include "router/chat/jinja/string_literal.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/lexer.h"
#include "router/chat/jinja/unicode.h"

namespace baton {
namespace jinja {
namespace {

constexpr absl::string_view kSimple = "\\'\"abfnrtv";
constexpr absl::string_view kSimpleValues = "\\'\"\a\b\f\n\r\t\v";

absl::StatusOr<uint32_t> Hex(int line, absl::string_view digits, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (i >= digits.size() || !absl::ascii_isxdigit(digits[i])) {
      return SyntaxError(line, "a truncated escape in a string");
    }
    const char c = absl::ascii_tolower(digits[i]);
    value = value << 4 | static_cast<uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  if (value > 0x10ffff) return SyntaxError(line, "an escape beyond Unicode in a string");
  if (value >= 0xd800 && value < 0xe000) return Unsupported(line, "a surrogate in a string");
  return value;
}

}  // namespace

absl::StatusOr<std::string> UnescapeString(int line, absl::string_view s) {
  std::string out;
  for (size_t pos = 0; pos < s.size(); ++pos) {
    if (s[pos] != '\\' || pos + 1 == s.size()) {
      out.push_back(s[pos]);
      continue;
    }
    const char c = s[++pos];
    const size_t simple = kSimple.find(c);
    if (simple != absl::string_view::npos) {
      out.push_back(kSimpleValues[simple]);
    } else if (c == '\n') {
      // A line continued.
    } else if (c >= '0' && c <= '7') {
      uint32_t value = 0;
      size_t end = pos;
      while (end < s.size() && end < pos + 3 && s[end] >= '0' && s[end] <= '7') {
        value = value * 8 + static_cast<uint32_t>(s[end++] - '0');
      }
      AppendUtf8(value, &out);
      pos = end - 1;
    } else if (c == 'x' || c == 'u' || c == 'U') {
      const size_t count = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      ASSIGN_OR_RETURN(const uint32_t value, Hex(line, s.substr(pos + 1), count));
      AppendUtf8(value, &out);
      pos += count;
    } else if (c == 'N') {
      return Unsupported(line, "the escape \\N in a string");
    } else {
      absl::StrAppend(&out, "\\", absl::string_view(&c, 1));
    }
  }
  return out;
}

}  // namespace jinja
}  // namespace baton
