// UTF-8 as the Unicode Standard 16.0 defines it (section 3.9, table 3-7): no overlong forms, no
// surrogates, nothing above U+10FFFF. Ill-formed input is cut into "maximal subparts" (same
// section, "U+FFFD Substitution of Maximal Subparts"), each standing for one U+FFFD, which is what
// Python's bytes.decode("utf-8", "replace") does.
#ifndef BATON_ROUTER_TOKENIZER_UTF8_H_
#define BATON_ROUTER_TOKENIZER_UTF8_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace baton {

struct Utf8Unit {
  enum Kind {
    kCharacter,   // `size` bytes spell `code_point`
    kInvalid,     // `size` bytes that no continuation can repair
    kIncomplete,  // the text ends after `size` (1 to 3) bytes of a character that more bytes could
                  // complete
  };
  Kind kind;
  size_t size;
  char32_t code_point;  // kCharacter only
};

// Looks at the start of `text`, which must not be empty.
Utf8Unit ReadUtf8(absl::string_view text);

// The offset of the first byte that is not part of well-formed UTF-8, or absl::string_view::npos.
size_t FindInvalidUtf8(absl::string_view text);

// "not valid UTF-8: byte 0xff at offset 2 of 4", or empty for well-formed UTF-8.
std::string DescribeInvalidUtf8(absl::string_view text);

// Appends `text` to `out` with each maximal subpart of an ill-formed sequence replaced by U+FFFD,
// and returns how many bytes at the end of `text` (0 to 3) were left out because they start a
// character that is not complete yet.
size_t AppendValidUtf8(absl::string_view text, std::string* out);

// U+FFFD in UTF-8.
constexpr absl::string_view kReplacementCharacter = "\xEF\xBF\xBD";

}  // namespace baton

#endif  // BATON_ROUTER_TOKENIZER_UTF8_H_
