#include "tests/load/report/html_page.h"

#include "absl/strings/str_cat.h"
#include "tests/load/report/xml_text.h"

namespace baton {

std::string HtmlPage(absl::string_view title, absl::string_view body) {
  const std::string safe_title = EscapeXml(title);
  return absl::StrCat(
      "<!DOCTYPE html>\n"
      "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
      "<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
      "<title>",
      safe_title, "</title>\n<style>/*<![CDATA[*/\n", PageCss(),
      "/*]]>*/</style>\n</head>\n<body>\n<header><h1>", safe_title,
      "</h1><button id=\"theme\" type=\"button\" hidden=\"hidden\">dark</button></header>\n"
      "<main>\n",
      body, "\n</main>\n<div id=\"tip\" role=\"status\" hidden=\"hidden\"></div>\n",
      "<script>//<![CDATA[\n", PageScript(), "//]]></script>\n</body>\n</html>\n");
}

}  // namespace baton
