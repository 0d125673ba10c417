#include "router/tokenizer/byte_alphabet.h"

#include <set>

#include "gtest/gtest.h"

namespace baton {
namespace {

std::string Bytes(absl::string_view token) {
  std::string out = "before";
  AppendTokenBytes(token, &out);
  EXPECT_EQ(out.substr(0, 6), "before");
  return out.substr(6);
}

TEST(ByteAlphabet, KnownSpellings) {
  EXPECT_EQ(SpellByte('a'), "a");
  EXPECT_EQ(SpellByte(' '), "\u0120");
  EXPECT_EQ(SpellByte('\n'), "\u010A");
  EXPECT_EQ(SpellByte(0), "\u0100");
  EXPECT_EQ(SpellByte(0x7F), "\u0121");
  EXPECT_EQ(SpellByte(0xA0), "\u0142");
  EXPECT_EQ(SpellByte(0xAD), "\u0143");
  EXPECT_EQ(SpellByte(0xC3), "\u00C3");
}

TEST(ByteAlphabet, EveryByteComesBack) {
  std::set<std::string> spellings;
  std::string all;
  std::string expected;
  for (int byte = 0; byte < 256; ++byte) {
    const std::string spelling = SpellByte(static_cast<unsigned char>(byte));
    EXPECT_TRUE(spellings.insert(spelling).second) << byte;
    all += spelling;
    expected += static_cast<char>(byte);
  }
  EXPECT_EQ(Bytes(all), expected);
}

TEST(ByteAlphabet, TokensOutsideTheAlphabetAreLiteral) {
  EXPECT_EQ(Bytes(""), "");
  EXPECT_EQ(Bytes("\u0120the"), " the");
  EXPECT_EQ(Bytes("a b"), "a b");  // a space is never spelled as itself
  EXPECT_EQ(Bytes("\u0120\u4e00"),
            "\u0120\u4e00");  // one foreign character makes all of it literal
  EXPECT_EQ(Bytes("\u0120\u0144"), "\u0120\u0144");  // one past the last character
  EXPECT_EQ(Bytes("\u0120\xFF"), "\u0120\xFF");      // not even UTF-8
  EXPECT_EQ(Bytes("\u0120\xC4"), "\u0120\xC4");      // cut short
}

}  // namespace
}  // namespace baton
