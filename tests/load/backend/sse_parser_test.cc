#include "tests/load/backend/sse_parser.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// "type|data" of each event that is ready, and the error's message last.
void Drain(SseParser& parser, std::vector<std::string>* out) {
  while (true) {
    const auto event = parser.Next();
    if (!event.ok()) {
      if (out->empty() || out->back() != event.status().message()) {
        out->push_back(std::string(event.status().message()));
      }
      return;
    }
    if (!*event) return;
    out->push_back(absl::StrCat((*event)->type, "|", (*event)->data));
  }
}

std::vector<std::string> Parse(const std::vector<absl::string_view>& pieces, size_t limit = 1000) {
  SseParser parser(limit);
  std::vector<std::string> out;
  for (const absl::string_view piece : pieces) {
    parser.Append(piece);
    Drain(parser, &out);
  }
  parser.Finish();
  Drain(parser, &out);
  return out;
}

struct StreamCase {
  std::string bytes;
  std::vector<std::string> events;
};

std::vector<StreamCase> StreamCases() {
  return {
      {"", {}},
      {"data: a\n\n", {"|a"}},
      {"data: a\r\n\r\n", {"|a"}},
      {"data: a\r\r", {"|a"}},
      {"data: a\r\n\rdata: b\n\r\n", {"|a", "|b"}},
      {"data:a\n\ndata:  b\n\n", {"|a", "| b"}},  // one space is taken off, and only one
      {"data: a\ndata: b\ndata\ndata: c\n\n", {"|a\nb\n\nc"}},
      {"data\n\n", {"|"}},
      {"data:\n\n", {"|"}},
      {": a comment\n\n:\n\ndata: a\n: another\n\n", {"|a"}},
      {"event: error\ndata: a\n\ndata: b\n\n", {"error|a", "|b"}},
      {"event: error\n\ndata: b\n\n", {"|b"}},  // no data: no event, and its type is forgotten
      {"event: x\nevent\ndata: b\n\n", {"|b"}},
      {"id: 1\nretry: 5\nnonsense\nDATA: x\n data: y\ndata: z\n\n", {"|z"}},
      {"\xef\xbb\xbf"
       "data: a\n\n\xef\xbb\xbf"
       "data: b\n\n",
       {"|a"}},  // only the first mark is one
      {"\xef\xbb\xbf\n\ndata: a\n\n", {"|a"}},
      {"data: a", {"|a"}},
      {"data: a\r", {"|a"}},
      {"data: a\n\nevent: x\ndata: [DONE]\n", {"|a", "x|[DONE]"}},
      {"\n\r\n\r\r\rdata: a:b: c\n\n\n\n", {"|a:b: c"}},
  };
}

TEST(SseParserTest, Cases) {
  for (const StreamCase& c : StreamCases()) EXPECT_EQ(Parse({c.bytes}), c.events) << c.bytes;
}

TEST(SseParserTest, EverySplitInTwoAndByteByByte) {
  for (const StreamCase& c : StreamCases()) {
    const absl::string_view bytes = c.bytes;
    std::vector<absl::string_view> single;
    for (size_t i = 0; i < bytes.size(); ++i) {
      EXPECT_EQ(Parse({bytes.substr(0, i), bytes.substr(i)}), c.events) << c.bytes << " at " << i;
      single.push_back(bytes.substr(i, 1));
    }
    EXPECT_EQ(Parse(single), c.events) << c.bytes;
  }
}

TEST(SseParserTest, AnEventIsThereAsSoonAsItsBlankLineBegins) {
  SseParser parser(100);
  std::vector<std::string> events;
  parser.Append("data: a\r\n\r");
  Drain(parser, &events);
  EXPECT_THAT(events, ElementsAre("|a"));
}

TEST(SseParserTest, ALineOrAnEventOverTheLimitIsAnErrorThatStays) {
  const std::string fits = absl::StrCat("data:", std::string(15, 'x'), "\n\n");
  const std::string line = absl::StrCat(": ", std::string(19, 'x'), "\n");
  EXPECT_THAT(Parse({fits}, 20), ElementsAre(HasSubstr("xxx")));
  EXPECT_THAT(Parse({fits, line, fits}, 20),
              ElementsAre(HasSubstr("xxx"), "a line of the event stream is longer than 20 bytes"));
  EXPECT_THAT(Parse({fits, "data: 0123456789\ndata: 012345678\n\n"}, 20),
              ElementsAre(HasSubstr("xxx"), "|0123456789\n012345678"));
  EXPECT_THAT(
      Parse({fits, "data: 0123456789\ndata: 0123456789\n\n"}, 20),
      ElementsAre(HasSubstr("xxx"), "an event of the event stream is longer than 20 bytes"));
  EXPECT_THAT(Parse({"data: a line that never ends"}, 20),
              ElementsAre("a line of the event stream is longer than 20 bytes"));
}

}  // namespace
}  // namespace baton
