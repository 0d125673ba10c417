// Text that comes from anywhere, made fit for an XML or HTML page.
#ifndef BATON_TESTS_LOAD_REPORT_XML_TEXT_H_
#define BATON_TESTS_LOAD_REPORT_XML_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace baton {

// `text` as character data or as a quoted attribute's value: & < > " ' become references, tabs and
// line ends spaces, and what is not UTF-8 becomes U+FFFD, one for each byte. Control characters,
// noncharacters and the marks that turn the direction of writing are left out.
std::string EscapeXml(absl::string_view text);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_XML_TEXT_H_
