#include "router/chat/jinja/unicode.h"

#include <algorithm>
#include <iterator>

namespace baton {
namespace jinja {
namespace {

// Code points first, first + stride, ..., last; for case tables, `delta` is what the mapping adds.
struct Range {
  uint32_t first, last, stride;
  int32_t delta;
};
// A mapping to several code points, padded with 0.
struct Special {
  uint32_t code_point;
  uint32_t mapped[3];
};

#include "router/chat/jinja/unicode_tables.inc"

template <size_t n>
const Range* Find(const Range (&table)[n], uint32_t cp) {
  const Range* r = std::upper_bound(std::begin(table), std::end(table), cp,
                                    [](uint32_t c, const Range& range) { return c < range.first; });
  // Ranges of stride 2 may interleave, so the one before may hold it too.
  for (int back = 0; back < 2 && r != std::begin(table); ++back) {
    --r;
    if (cp <= r->last && (cp - r->first) % r->stride == 0) return r;
  }
  return nullptr;
}

template <size_t n>
const Special* Find(const Special (&table)[n], uint32_t cp) {
  const Special* s =
      std::lower_bound(std::begin(table), std::end(table), cp,
                       [](const Special& special, uint32_t c) { return special.code_point < c; });
  return s != std::end(table) && s->code_point == cp ? s : nullptr;
}

template <size_t n, size_t m>
bool AppendMapped(const Range (&ranges)[n], const Special (&specials)[m], uint32_t cp,
                  std::string* out) {
  if (const Special* s = Find(specials, cp)) {
    for (uint32_t mapped : s->mapped) {
      if (mapped != 0) AppendUtf8(mapped, out);
    }
    return true;
  }
  const Range* r = Find(ranges, cp);
  if (r == nullptr) return false;
  AppendUtf8(static_cast<uint32_t>(static_cast<int32_t>(cp) + r->delta), out);
  return true;
}

}  // namespace

CodePoint DecodeUtf8(absl::string_view text, size_t pos) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[pos + i]); };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const CodePoint bad = {lead, 1, false};
  const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() - pos < size) return bad;
  uint32_t value = lead & (0xff >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return bad;
    value = value << 6 | (byte(i) & 0x3f);
  }
  // Overlong forms, surrogates, and what lies beyond Unicode.
  if ((size == 3 && value < 0x800) || (size == 4 && value < 0x10000)) return bad;
  if ((value >= 0xd800 && value < 0xe000) || value > 0x10ffff) return bad;
  return {value, size, true};
}

void AppendUtf8(uint32_t cp, std::string* out) {
  const auto tail = [&](int shift) {
    out->push_back(static_cast<char>(0x80 | (cp >> shift & 0x3f)));
  };
  if (cp < 0x80) {
    out->push_back(static_cast<char>(cp));
  } else if (cp < 0x800) {
    out->push_back(static_cast<char>(0xc0 | cp >> 6));
    tail(0);
  } else if (cp < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | cp >> 12));
    tail(6);
    tail(0);
  } else {
    out->push_back(static_cast<char>(0xf0 | cp >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool IsValidUtf8(absl::string_view text) {
  for (size_t pos = 0; pos < text.size();) {
    const CodePoint cp = DecodeUtf8(text, pos);
    if (!cp.valid) return false;
    pos += cp.size;
  }
  return true;
}

size_t CountCodePoints(absl::string_view text) {
  size_t count = 0;
  for (size_t pos = 0; pos < text.size(); ++count) pos += DecodeUtf8(text, pos).size;
  return count;
}

size_t ByteOffset(absl::string_view text, size_t index) {
  size_t pos = 0;
  for (; index > 0 && pos < text.size(); --index) pos += DecodeUtf8(text, pos).size;
  return pos;
}

bool IsSpace(uint32_t c) {
  return (c >= 0x9 && c <= 0xd) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
         c == 0x205f || c == 0x3000;
}

bool IsLineBreak(uint32_t c) {
  return (c >= 0xa && c <= 0xd) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 ||
         c == 0x2029;
}

bool IsPrintable(uint32_t c) { return Find(kNotPrintable, c) == nullptr; }
bool IsDigit(uint32_t c) { return Find(kDigit, c) != nullptr; }
bool IsLower(uint32_t c) { return Find(kIsLower, c) != nullptr; }
bool IsUpper(uint32_t c) { return Find(kIsUpper, c) != nullptr; }

void AppendCase(Case mapping, uint32_t cp, std::string* out) {
  const bool mapped = mapping == Case::kLower   ? AppendMapped(kLower, kLowerSpecial, cp, out)
                      : mapping == Case::kTitle ? AppendMapped(kTitle, kTitleSpecial, cp, out) ||
                                                      AppendMapped(kUpper, kUpperSpecial, cp, out)
                                                : AppendMapped(kUpper, kUpperSpecial, cp, out);
  if (!mapped) AppendUtf8(cp, out);
}

}  // namespace jinja
}  // namespace baton
