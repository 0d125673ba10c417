// Writes XML, and HTML in XML's syntax. What it writes is well-formed by construction: elements are
// closed in order, and all text and every attribute's value is escaped.
#ifndef BATON_TESTS_LOAD_REPORT_XML_WRITER_H_
#define BATON_TESTS_LOAD_REPORT_XML_WRITER_H_

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace baton {

class XmlWriter {
 public:
  // Names must be XML names. An attribute whose value is empty is left out.
  using Attributes = std::initializer_list<std::pair<absl::string_view, std::string>>;

  void Open(absl::string_view tag, Attributes attributes = {});
  // Closes what was opened last; there must be something open.
  void Close();
  void Text(absl::string_view text);
  // An element with nothing but text in it, perhaps none.
  void Element(absl::string_view tag, Attributes attributes, absl::string_view text = "");
  // As it is: `xml` must be well-formed, and trusted.
  void Raw(absl::string_view xml);

  // Closes all that is open.
  std::string Finish() &&;

 private:
  std::string out_;
  std::vector<std::string> open_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_XML_WRITER_H_
