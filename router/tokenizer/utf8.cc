#include "router/tokenizer/utf8.h"

#include "absl/strings/str_cat.h"

namespace baton {
namespace {

// What a lead byte promises: how many bytes follow, and the range of the first of them (the others
// are 80..BF).
struct Lead {
  int num_following;  // -1: not a lead byte
  unsigned char low;
  unsigned char high;
};

Lead LeadOf(unsigned char byte) {
  if (byte < 0x80) return {0, 0, 0};
  if (byte < 0xC2) return {-1, 0, 0};
  if (byte < 0xE0) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0x80, 0x9F};
  if (byte < 0xF0) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (byte < 0xF4) return {3, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {-1, 0, 0};
}

}  // namespace

Utf8Unit ReadUtf8(absl::string_view text) {
  const unsigned char first = static_cast<unsigned char>(text[0]);
  Lead lead = LeadOf(first);
  if (lead.num_following == 0) return {Utf8Unit::kCharacter, 1, first};
  if (lead.num_following < 0) return {Utf8Unit::kInvalid, 1, 0};
  const size_t size = static_cast<size_t>(lead.num_following) + 1;
  char32_t code_point = first & (0x7F >> size);
  for (size_t i = 1; i < size; ++i) {
    if (i == text.size()) return {Utf8Unit::kIncomplete, i, 0};
    const unsigned char byte = static_cast<unsigned char>(text[i]);
    if (byte < lead.low || byte > lead.high) return {Utf8Unit::kInvalid, i, 0};
    code_point = code_point << 6 | (byte & 0x3F);
    lead.low = 0x80;
    lead.high = 0xBF;
  }
  return {Utf8Unit::kCharacter, size, code_point};
}

size_t FindInvalidUtf8(absl::string_view text) {
  for (size_t pos = 0; pos < text.size();) {
    if (static_cast<unsigned char>(text[pos]) < 0x80) {
      ++pos;
      continue;
    }
    const Utf8Unit unit = ReadUtf8(text.substr(pos));
    if (unit.kind != Utf8Unit::kCharacter) return pos;
    pos += unit.size;
  }
  return absl::string_view::npos;
}

std::string DescribeInvalidUtf8(absl::string_view text) {
  const size_t offset = FindInvalidUtf8(text);
  if (offset == absl::string_view::npos) return "";
  return absl::StrCat("not valid UTF-8: byte 0x",
                      absl::Hex(static_cast<unsigned char>(text[offset])), " at offset ", offset,
                      " of ", text.size());
}

size_t AppendValidUtf8(absl::string_view text, std::string* out) {
  while (!text.empty()) {
    const Utf8Unit unit = ReadUtf8(text);
    if (unit.kind == Utf8Unit::kIncomplete) return unit.size;
    const absl::string_view good =
        unit.kind == Utf8Unit::kCharacter ? text.substr(0, unit.size) : kReplacementCharacter;
    out->append(good.data(), good.size());
    text.remove_prefix(unit.size);
  }
  return 0;
}

}  // namespace baton
