#include "router/tokenizer/utf8.h"

#include <cstdint>
#include <string>

#include "gtest/gtest.h"

namespace baton {
namespace {

// Independent of the code under test: straight from the definition of the encoding.
std::string Spell(uint32_t c) {
  std::string s;
  if (c < 0x80) {
    s += static_cast<char>(c);
  } else if (c < 0x800) {
    s += static_cast<char>(0xC0 | c >> 6);
    s += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    s += static_cast<char>(0xE0 | c >> 12);
    s += static_cast<char>(0x80 | (c >> 6 & 63));
    s += static_cast<char>(0x80 | (c & 63));
  } else {
    s += static_cast<char>(0xF0 | c >> 18);
    s += static_cast<char>(0x80 | (c >> 12 & 63));
    s += static_cast<char>(0x80 | (c >> 6 & 63));
    s += static_cast<char>(0x80 | (c & 63));
  }
  return s;
}

TEST(Utf8, EveryCodePoint) {
  for (uint32_t c = 0; c < 0x110000; ++c) {
    const std::string text = Spell(c);
    const Utf8Unit unit = ReadUtf8(text);
    if (c >= 0xD800 && c < 0xE000) {
      ASSERT_EQ(unit.kind, Utf8Unit::kInvalid) << c;
      continue;
    }
    ASSERT_EQ(unit.kind, Utf8Unit::kCharacter) << c;
    ASSERT_EQ(unit.size, text.size()) << c;
    ASSERT_EQ(unit.code_point, c);
    for (size_t n = 1; n < text.size(); ++n) {
      const Utf8Unit part = ReadUtf8(absl::string_view(text).substr(0, n));
      ASSERT_EQ(part.kind, Utf8Unit::kIncomplete) << c;
      ASSERT_EQ(part.size, n) << c;
    }
  }
}

TEST(Utf8, FindInvalid) {
  const size_t none = absl::string_view::npos;
  EXPECT_EQ(FindInvalidUtf8(""), none);
  EXPECT_EQ(FindInvalidUtf8("a\u00e9\u4e00\U0001F600"), none);
  EXPECT_EQ(FindInvalidUtf8("ab\xFF"), 2u);
  EXPECT_EQ(FindInvalidUtf8("\u00e9\xC3"), 2u);
  EXPECT_EQ(FindInvalidUtf8("a\xC0\x80"), 1u);
  EXPECT_EQ(FindInvalidUtf8("a\xED\xA0\x80"), 1u);
  EXPECT_EQ(FindInvalidUtf8("\xF4\x90\x80\x80"), 0u);
}

// Expected values: Python 3's bytes.decode("utf-8", "replace").
TEST(Utf8, ReplacesMaximalSubparts) {
  const struct {
    absl::string_view text;
    absl::string_view expected;
    size_t left_out;
  } cases[] = {
      {"", "", 0},
      {"abc", "abc", 0},
      {"\xE2\x82", "", 2},
      {"\xE2\x82\x41", "\uFFFD\x41", 0},
      {"\xF0\x80\x80", "\uFFFD\uFFFD\uFFFD", 0},
      {"\xF0\x9F\x98", "", 3},
      {"\xF0\x9F\x98\xF0\x9F", "\uFFFD", 2},
      {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD", 0},
      {"\xC3\xC3\xA9", "\uFFFD\u00e9", 0},
      {"\x80\xBFz", "\uFFFD\uFFFDz", 0},
      {"\xF1\x80\x80\xE1\x80\xC2", "\uFFFD\uFFFD", 1},
      {"\xF5\xC1", "\uFFFD\uFFFD", 0},
  };
  for (const auto& c : cases) {
    std::string out;
    EXPECT_EQ(AppendValidUtf8(c.text, &out), c.left_out);
    EXPECT_EQ(out, c.expected);
  }
}

}  // namespace
}  // namespace baton
