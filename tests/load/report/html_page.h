// The page around the report: its head with style and script, and the button for the theme.
#ifndef BATON_TESTS_LOAD_REPORT_HTML_PAGE_H_
#define BATON_TESTS_LOAD_REPORT_HTML_PAGE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace baton {

// A whole page, well-formed as XML and valid as HTML, that asks for nothing from outside. `body` is
// what stands in its <main>; it must be well-formed. The page follows the reader's preference for a
// light or dark theme until the button or "#light" or "#dark" in its address says otherwise.
std::string HtmlPage(absl::string_view title, absl::string_view body);

// Its parts: neither holds "]]>" or "</".
absl::string_view PageCss();
absl::string_view PageScript();

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_HTML_PAGE_H_
