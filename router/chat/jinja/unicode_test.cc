#include "router/chat/jinja/unicode.h"

#include <string>

#include "gtest/gtest.h"

namespace baton {
namespace jinja {
namespace {

std::string Map(Case mapping, uint32_t code_point) {
  std::string out;
  AppendCase(mapping, code_point, &out);
  return out;
}

TEST(UnicodeTest, EveryCodePointReadsBackAsItself) {
  for (uint32_t cp = 0; cp <= 0x10ffff; ++cp) {
    if (cp >= 0xd800 && cp < 0xe000) continue;
    std::string text;
    AppendUtf8(cp, &text);
    const CodePoint decoded = DecodeUtf8(text, 0);
    ASSERT_TRUE(decoded.valid && decoded.value == cp && decoded.size == text.size()) << cp;
  }
}

TEST(UnicodeTest, RefusesWhatIsNotUtf8) {
  for (const char* text : {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                           "\xf5\x80\x80\x80", "\xf4\x90\x80\x80", "\xe2\x82", "a\xff"}) {
    EXPECT_FALSE(IsValidUtf8(text));
    EXPECT_GT(CountCodePoints(text), 0u);
  }
  EXPECT_TRUE(IsValidUtf8("a\xc3\xa9\xf0\x9f\x99\x82"));
}

TEST(UnicodeTest, OffsetsAreOfCodePoints) {
  const std::string text = "a\xc3\xa9z";
  EXPECT_EQ(CountCodePoints(text), 3u);
  EXPECT_EQ(ByteOffset(text, 1), 1u);
  EXPECT_EQ(ByteOffset(text, 2), 3u);
  EXPECT_EQ(ByteOffset(text, 9), text.size());
}

TEST(UnicodeTest, CaseMappings) {
  EXPECT_EQ(Map(Case::kUpper, 'a'), "A");
  EXPECT_EQ(Map(Case::kUpper, 0xdf), "SS");
  EXPECT_EQ(Map(Case::kTitle, 0xdf), "Ss");
  EXPECT_EQ(Map(Case::kTitle, 0x1c6), "\xc7\x85");  // a digraph with a title case of its own
  EXPECT_EQ(Map(Case::kTitle, 'a'), "A");
  EXPECT_EQ(Map(Case::kLower, 0x130), "i\xcc\x87");
  EXPECT_EQ(Map(Case::kLower, '1'), "1");
}

TEST(UnicodeTest, Properties) {
  EXPECT_TRUE(IsSpace(0xa0) && IsSpace(0x3000) && IsSpace('\t') && !IsSpace(0x200b));
  EXPECT_TRUE(IsPrintable('a') && IsPrintable(0x1f642) && !IsPrintable(0x200d) &&
              !IsPrintable(0xa0));
  EXPECT_TRUE(IsDigit('7') && IsDigit(0xb2) && !IsDigit('x'));
  EXPECT_TRUE(IsLower('a') && !IsLower('A') && IsUpper(0xc9) && !IsUpper('1'));
}

}  // namespace
}  // namespace jinja
}  // namespace baton
