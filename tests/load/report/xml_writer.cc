#include "tests/load/report/xml_writer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "tests/load/report/xml_text.h"

namespace baton {

void XmlWriter::Open(absl::string_view tag, Attributes attributes) {
  absl::StrAppend(&out_, "<", tag);
  for (const auto& attribute : attributes) {
    if (attribute.second.empty()) continue;
    absl::StrAppend(&out_, " ", attribute.first, "=\"", EscapeXml(attribute.second), "\"");
  }
  out_ += '>';
  open_.emplace_back(tag);
}

void XmlWriter::Close() {
  BATON_CHECK(!open_.empty());
  absl::StrAppend(&out_, "</", open_.back(), ">");
  open_.pop_back();
}

void XmlWriter::Text(absl::string_view text) { out_ += EscapeXml(text); }

void XmlWriter::Element(absl::string_view tag, Attributes attributes, absl::string_view text) {
  Open(tag, attributes);
  Text(text);
  Close();
}

void XmlWriter::Raw(absl::string_view xml) { absl::StrAppend(&out_, xml); }

std::string XmlWriter::Finish() && {
  while (!open_.empty()) Close();
  return std::move(out_);
}

}  // namespace baton
