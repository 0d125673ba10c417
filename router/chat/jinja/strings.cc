#include "router/chat/jinja/strings.h"

#include <algorithm>
#include <limits>
#include <string>

namespace baton {
namespace jinja {
namespace {

// Of the code point that ends at `end`.
CodePoint DecodeBefore(absl::string_view bytes, size_t end) {
  size_t begin = end - 1;
  while (begin > 0 && end - begin < 4 && (bytes[begin] & 0xc0) == 0x80) --begin;
  const CodePoint cp = DecodeUtf8(bytes, begin);
  if (begin + cp.size == end) return cp;
  return {static_cast<unsigned char>(bytes[end - 1]), 1, false};
}

void AppendMapped(const Text& text, size_t pos, const CodePoint& cp, Case mapping,
                  TextBuilder* out) {
  if (!cp.valid) return out->Append(text, pos, pos + cp.size);
  std::string mapped;
  AppendCase(mapping, cp.value, &mapped);
  out->Append(mapped, text.IsTrusted(pos, pos + cp.size));
}

bool IsCased(uint32_t c) { return IsLower(c) || IsUpper(c) || (c >= 0x1c5 && c <= 0x1f2); }

// A capital sigma at the end of a word is written differently in lower case.
bool IsFinalSigma(absl::string_view bytes, size_t pos, const CodePoint& cp) {
  if (cp.value != 0x3a3 || pos == 0 || !IsCased(DecodeBefore(bytes, pos).value)) return false;
  const size_t next = pos + cp.size;
  return next == bytes.size() || !IsCased(DecodeUtf8(bytes, next).value);
}

void AppendLower(const Text& text, size_t pos, const CodePoint& cp, TextBuilder* out) {
  if (IsFinalSigma(text.bytes(), pos, cp)) {
    return out->Append("\xcf\x82", text.IsTrusted(pos, pos + cp.size));
  }
  AppendMapped(text, pos, cp, Case::kLower, out);
}

// starts(pos, previous) says whether the code point at `pos` begins a word.
template <typename Starts>
Text MapWords(const Text& text, Case first, const Starts& starts) {
  TextBuilder out;
  uint32_t previous = 0;
  for (size_t pos = 0; pos < text.size();) {
    const CodePoint cp = DecodeUtf8(text.bytes(), pos);
    if (starts(pos, previous)) {
      AppendMapped(text, pos, cp, first, &out);
    } else {
      AppendLower(text, pos, cp, &out);
    }
    previous = cp.value;
    pos += cp.size;
  }
  return out.Build();
}

}  // namespace

Text Strip(const Text& text, Sides sides, const Text* chars) {
  const absl::string_view bytes = text.bytes();
  const auto drop = [&](const CodePoint& cp, size_t pos) {
    if (chars == nullptr) return IsSpace(cp.value);
    return chars->bytes().find(bytes.substr(pos, cp.size)) != absl::string_view::npos;
  };
  size_t begin = 0, end = bytes.size();
  while (sides != Sides::kRight && begin < end) {
    const CodePoint cp = DecodeUtf8(bytes, begin);
    if (!drop(cp, begin)) break;
    begin += cp.size;
  }
  while (sides != Sides::kLeft && begin < end) {
    const CodePoint cp = DecodeBefore(bytes, end);
    if (!drop(cp, end - cp.size)) break;
    end -= cp.size;
  }
  return text.Substr(begin, std::max(begin, end));
}

Text MapCase(const Text& text, Case mapping) {
  return MapWords(text, mapping, [mapping](size_t, uint32_t) { return mapping != Case::kLower; });
}

Text Capitalize(const Text& text) {
  return MapWords(text, Case::kTitle, [](size_t pos, uint32_t) { return pos == 0; });
}

Text TitleMethod(const Text& text) {
  return MapWords(text, Case::kTitle,
                  [](size_t pos, uint32_t previous) { return pos == 0 || !IsCased(previous); });
}

Text TitleFilter(const Text& text) {
  return MapWords(text, Case::kUpper, [](size_t pos, uint32_t previous) {
    return pos == 0 || IsSpace(previous) ||
           (previous < 0x80 && absl::string_view("-({[<").find(static_cast<char>(previous)) !=
                                   absl::string_view::npos);
  });
}

Text Replace(const Text& text, absl::string_view from, const Text& to, int64_t count) {
  const absl::string_view bytes = text.bytes();
  if (count < 0) count = std::numeric_limits<int64_t>::max();
  TextBuilder out;
  const auto insert = [&](bool trusted) {
    if (trusted) {
      out.Append(to);
    } else {
      out.Append(to.bytes(), false);
    }
  };
  size_t pos = 0;
  if (from.empty()) {  // between all code points, and at both ends
    const bool trusted = text.IsTrusted();
    while (count-- > 0) {
      insert(trusted);
      if (pos == bytes.size()) return out.Build();
      const size_t size = DecodeUtf8(bytes, pos).size;
      out.Append(text, pos, pos + size);
      pos += size;
    }
  }
  for (; !from.empty() && count > 0; --count) {
    const size_t found = bytes.find(from, pos);
    if (found == absl::string_view::npos) break;
    out.Append(text, pos, found);
    pos = found + from.size();
    insert(text.IsTrusted(found, pos));
  }
  out.Append(text, pos, bytes.size());
  return out.Build();
}

std::vector<Text> Split(const Text& text, absl::string_view separator, int64_t count) {
  std::vector<Text> parts;
  size_t pos = 0;
  for (; count != 0; --count) {
    const size_t found = text.bytes().find(separator, pos);
    if (found == absl::string_view::npos) break;
    parts.push_back(text.Substr(pos, found));
    pos = found + separator.size();
  }
  parts.push_back(text.Substr(pos, text.size()));
  return parts;
}

std::vector<Text> SplitRight(const Text& text, absl::string_view separator, int64_t count) {
  std::vector<Text> parts;
  size_t end = text.size();
  for (; count != 0 && end >= separator.size(); --count) {
    const size_t found = text.bytes().rfind(separator, end - separator.size());
    if (found == absl::string_view::npos) break;
    parts.push_back(text.Substr(found + separator.size(), end));
    end = found;
  }
  parts.push_back(text.Substr(0, end));
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<Text> SplitSpace(const Text& text, int64_t count) {
  std::vector<Text> parts;
  const absl::string_view bytes = text.bytes();
  size_t pos = 0;
  while (true) {
    while (pos < bytes.size() && IsSpace(DecodeUtf8(bytes, pos).value)) {
      pos += DecodeUtf8(bytes, pos).size;
    }
    if (pos == bytes.size()) return parts;
    if (count-- == 0) {
      parts.push_back(text.Substr(pos, bytes.size()));
      return parts;
    }
    const size_t begin = pos;
    while (pos < bytes.size() && !IsSpace(DecodeUtf8(bytes, pos).value)) {
      pos += DecodeUtf8(bytes, pos).size;
    }
    parts.push_back(text.Substr(begin, pos));
  }
}

std::vector<Text> SplitSpaceRight(const Text& text, int64_t count) {
  std::vector<Text> parts;
  const absl::string_view bytes = text.bytes();
  size_t end = bytes.size();
  while (true) {
    while (end > 0 && IsSpace(DecodeBefore(bytes, end).value)) end -= DecodeBefore(bytes, end).size;
    if (end == 0) break;
    if (count-- == 0) {
      parts.push_back(text.Substr(0, end));
      break;
    }
    const size_t stop = end;
    while (end > 0 && !IsSpace(DecodeBefore(bytes, end).value)) {
      end -= DecodeBefore(bytes, end).size;
    }
    parts.push_back(text.Substr(end, stop));
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<Text> SplitLines(const Text& text, bool keep_ends) {
  std::vector<Text> lines;
  const absl::string_view bytes = text.bytes();
  for (size_t begin = 0, pos = 0; pos < bytes.size();) {
    const CodePoint cp = DecodeUtf8(bytes, pos);
    const size_t end = pos;
    pos += cp.size;
    if (!IsLineBreak(cp.value)) {
      if (pos == bytes.size()) lines.push_back(text.Substr(begin, pos));
      continue;
    }
    if (cp.value == '\r' && pos < bytes.size() && bytes[pos] == '\n') ++pos;
    lines.push_back(text.Substr(begin, keep_ends ? pos : end));
    begin = pos;
  }
  return lines;
}

size_t CountOccurrences(absl::string_view text, absl::string_view wanted) {
  size_t count = 0;
  for (size_t pos = 0; (pos = text.find(wanted, pos)) != absl::string_view::npos; ++count) {
    pos += wanted.size();
  }
  return count;
}

size_t CountSpaces(absl::string_view text) {
  size_t count = 0;
  for (size_t pos = 0; pos < text.size();) {
    const CodePoint cp = DecodeUtf8(text, pos);
    count += IsSpace(cp.value);
    pos += cp.size;
  }
  return count;
}

bool IsAll(absl::string_view text, bool (*property)(uint32_t)) {
  for (size_t pos = 0; pos < text.size();) {
    const CodePoint cp = DecodeUtf8(text, pos);
    if (!property(cp.value)) return false;
    pos += cp.size;
  }
  return !text.empty();
}

namespace {

bool IsCase(absl::string_view text, bool (*wanted)(uint32_t), bool (*other)(uint32_t)) {
  bool any = false;
  for (size_t pos = 0; pos < text.size();) {
    const CodePoint cp = DecodeUtf8(text, pos);
    if (other(cp.value)) return false;
    any = any || wanted(cp.value);
    pos += cp.size;
  }
  return any;
}

}  // namespace

bool IsLowerString(absl::string_view text) { return IsCase(text, IsLower, IsUpper); }
bool IsUpperString(absl::string_view text) { return IsCase(text, IsUpper, IsLower); }

}  // namespace jinja
}  // namespace baton
