#include "router/chat/jinja/text.h"

#include <string>

#include "gtest/gtest.h"

namespace baton {
namespace jinja {
namespace {

// Untrusted runs in brackets.
std::string Show(const Text& text) {
  std::string out;
  size_t begin = 0;
  for (const Text::Run& run : text.runs()) {
    const std::string bytes(text.bytes().substr(begin, run.end - begin));
    out += run.trusted ? bytes : "[" + bytes + "]";
    begin = run.end;
  }
  return out;
}

Text Mixed() {
  TextBuilder builder;
  builder.Append("ab", true);
  builder.Append("cd", false);
  builder.Append("ef", true);
  return builder.Build();
}

TEST(TextTest, BuilderMergesRunsOfTheSameTrust) {
  TextBuilder builder;
  builder.Append("", false);
  builder.Append("a", true);
  builder.Append("b", true);
  builder.Append("", false);
  builder.Append("c", false);
  builder.Append("d", false);
  builder.Append("e", true);
  const Text text = builder.Build();
  EXPECT_EQ(Show(text), "ab[cd]e");
  EXPECT_EQ(text.runs().size(), 3u);
  EXPECT_EQ(text.runs().back().end, text.size());
}

TEST(TextTest, EmptyTextHasNoRunsAndIsTrusted) {
  EXPECT_TRUE(Text("", false).runs().empty());
  EXPECT_TRUE(Text("", false).IsTrusted());
  EXPECT_FALSE(Text("x", false).IsTrusted());
}

TEST(TextTest, EverySubstringKeepsTheTrustOfItsBytes) {
  const Text text = Mixed();
  for (size_t begin = 0; begin <= text.size(); ++begin) {
    for (size_t end = begin; end <= text.size(); ++end) {
      const Text part = text.Substr(begin, end);
      EXPECT_EQ(part.bytes(), text.bytes().substr(begin, end - begin));
      bool all = true;
      for (size_t i = begin; i < end; ++i) {
        const bool trusted = i < 2 || i >= 4;
        EXPECT_EQ(part.IsTrusted(i - begin, i - begin + 1), trusted) << begin << " " << i;
        all = all && trusted;
      }
      EXPECT_EQ(text.IsTrusted(begin, end), all);
      EXPECT_EQ(part.IsTrusted(), all);
    }
  }
}

TEST(TextTest, AppendOfAPartKeepsItsRuns) {
  TextBuilder builder;
  builder.Append("[", false);
  builder.Append(Mixed(), 1, 5);
  builder.Append(Mixed());
  EXPECT_EQ(Show(builder.Build()), "[[]b[cd]eab[cd]ef");
}

}  // namespace
}  // namespace jinja
}  // namespace baton
