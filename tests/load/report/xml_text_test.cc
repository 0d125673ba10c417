#include "tests/load/report/xml_text.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(EscapeXmlTest, MarkupBecomesReferences) {
  EXPECT_EQ(EscapeXml("<script>&\"'"), "&lt;script&gt;&amp;&quot;&#39;");
}

TEST(EscapeXmlTest, KeepsCharactersOfAllLengths) {
  EXPECT_EQ(EscapeXml("a\u00e9\u20ac\U0001F600"), "a\u00e9\u20ac\U0001F600");
}

TEST(EscapeXmlTest, LeavesOutWhatXmlForbidsAndWhatHidesText) {
  EXPECT_EQ(EscapeXml(absl::string_view("a\0b\x01\x1f\x7f", 6)), "ab");
  EXPECT_EQ(EscapeXml("a\u0085b\uFFFEc\uFDD0d\u202Ee"), "abcde");
  EXPECT_EQ(EscapeXml("a\tb\r\nc"), "a b  c");
}

TEST(EscapeXmlTest, WhatIsNotUtf8IsReplaced) {
  const char* const cases[] = {
      "\xff",          // no first byte
      "\x80",          // a continuation alone
      "\xc3",          // cut short
      "\xc0\xaf",      // too long for '/'
      "\xe0\x80\xaf",  // likewise
      "\xed\xa0\x80",  // a surrogate
      "\xf4\x90\x80\x80",
  };
  for (const char* text : cases) {
    const std::string escaped = EscapeXml(text);
    EXPECT_EQ(escaped.substr(0, 3), "\xEF\xBF\xBD");
    EXPECT_EQ(escaped.size(), 3 * std::string(text).size());
  }
  EXPECT_EQ(EscapeXml("\xc3(<"), "\xEF\xBF\xBD(&lt;");
}

}  // namespace
}  // namespace baton
