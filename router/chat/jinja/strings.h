// Operations on strings that keep every byte's provenance, shared by str's methods and Jinja's
// filters. None charges the budget: callers do.
#ifndef BATON_ROUTER_CHAT_JINJA_STRINGS_H_
#define BATON_ROUTER_CHAT_JINJA_STRINGS_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "router/chat/jinja/text.h"
#include "router/chat/jinja/unicode.h"

namespace baton {
namespace jinja {

enum class Sides { kLeft, kRight, kBoth };

// Strips white space, or, when `chars` is not null, the code points in it.
Text Strip(const Text& text, Sides sides, const Text* chars);

// Every code point mapped.
Text MapCase(const Text& text, Case mapping);
Text Capitalize(const Text& text);   // str.capitalize
Text TitleMethod(const Text& text);  // str.title: a word is what follows an uncased character
Text TitleFilter(
    const Text& text);  // Jinja's title: a word is what follows a space or one of -({[<

// The first `count` occurrences (all when negative). What replaces text is trusted only where both
// it and all that it replaces are: otherwise a client could have a special token written by sending
// what is replaced by it.
Text Replace(const Text& text, absl::string_view from, const Text& to, int64_t count);

// As str.split(sep, count) and rsplit; no separator means runs of white space. `separator` must not
// be empty.
std::vector<Text> Split(const Text& text, absl::string_view separator, int64_t count);
std::vector<Text> SplitRight(const Text& text, absl::string_view separator, int64_t count);
std::vector<Text> SplitSpace(const Text& text, int64_t count);
std::vector<Text> SplitSpaceRight(const Text& text, int64_t count);
std::vector<Text> SplitLines(const Text& text, bool keep_ends);

// Occurrences of `wanted`, which must not be empty, that do not overlap.
size_t CountOccurrences(absl::string_view text, absl::string_view wanted);
size_t CountSpaces(absl::string_view text);  // white space, line breaks included

bool IsAll(absl::string_view text, bool (*property)(uint32_t));  // and not empty
// At least one cased code point, and all of them in that case.
bool IsLowerString(absl::string_view text);
bool IsUpperString(absl::string_view text);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_STRINGS_H_
