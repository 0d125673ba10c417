#include "tests/load/report/xml_writer.h"

#include <utility>

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(XmlWriterTest, NestsEscapesAndClosesAll) {
  XmlWriter xml;
  xml.Open("p", {{"class", "a\"b"}, {"id", ""}});
  xml.Element("b", {}, "1 < 2");
  xml.Raw("<i/>");
  xml.Open("em");
  xml.Text("&");
  EXPECT_EQ(std::move(xml).Finish(), "<p class=\"a&quot;b\"><b>1 &lt; 2</b><i/><em>&amp;</em></p>");
}

}  // namespace
}  // namespace baton
