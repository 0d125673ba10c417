#include "router/tokenizer/unicode_class.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(UnicodeClass, KnownCharacters) {
  const struct {
    char32_t code_point;
    CharClass expected;
  } cases[] = {
      {0, CharClass::kOther},
      {'\t', CharClass::kSpace},
      {'\r', CharClass::kSpace},
      {0x1C, CharClass::kOther},  // a separator for Python's str.isspace, not for \s
      {' ', CharClass::kSpace},
      {'0', CharClass::kNumber},
      {'a', CharClass::kLetter},
      {'_', CharClass::kOther},
      {0x85, CharClass::kSpace},
      {0xA0, CharClass::kSpace},
      {0xAA, CharClass::kLetter},    // feminine ordinal indicator, Lo
      {0xBD, CharClass::kNumber},    // one half, No
      {0x301, CharClass::kOther},    // combining acute, Mn
      {0x661, CharClass::kNumber},   // Arabic-Indic one
      {0x200B, CharClass::kOther},   // zero width space
      {0x2167, CharClass::kNumber},  // Roman numeral eight, Nl
      {0x3000, CharClass::kSpace},
      {0x4E00, CharClass::kLetter},  // CJK one is a letter
      {0xD800, CharClass::kOther},
      {0xE000, CharClass::kOther},
      {0x1F600, CharClass::kOther},
      {0x1FBF0, CharClass::kNumber},     // segmented digit zero
      {0x105C0, CharClass::kLetter},     // Todhri, new in Unicode 16
      {0x11DE0, CharClass::kNewNumber},  // Tolong Siki digit zero, new in Unicode 17
      {0x10FFFF, CharClass::kOther},
      {0x110000, CharClass::kOther},
      {0xFFFFFFFF, CharClass::kOther},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ClassOf(c.code_point), c.expected) << std::hex << static_cast<uint32_t>(c.code_point);
  }
}

TEST(UnicodeClass, Counts) {
  int count[5] = {};
  for (char32_t c = 0; c <= 0x10FFFF; ++c) ++count[static_cast<int>(ClassOf(c))];
  EXPECT_EQ(count[static_cast<int>(CharClass::kLetter)], 141028);
  EXPECT_EQ(count[static_cast<int>(CharClass::kNumber)], 1911);
  EXPECT_EQ(count[static_cast<int>(CharClass::kSpace)], 25);
  EXPECT_EQ(count[static_cast<int>(CharClass::kNewNumber)], 13);
}

}  // namespace
}  // namespace baton
