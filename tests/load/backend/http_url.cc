#include "tests/load/backend/http_url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace baton {
namespace {

using CurlUrl = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string Part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  const std::string copy = text;
  curl_free(text);
  return copy;
}

bool IsLoopback(absl::string_view host) {
  return host == "localhost" || host == "[::1]" || absl::StartsWith(host, "127.");
}

absl::Status BadUrl(absl::string_view url, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("the server's address is \"", url,
                                                 "\", and must be like http://host:8000: ", why));
}

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::StrContains("!#$%&'*+-.^_`|~", c);  // RFC 9110, section 5.6.2
}

}  // namespace

absl::StatusOr<HttpBaseUrl> ParseHttpBaseUrl(absl::string_view url) {
  const CurlUrl parsed(curl_url(), &curl_url_cleanup);
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, std::string(url).c_str(), 0);
  if (code != CURLUE_OK) return BadUrl(url, curl_url_strerror(code));
  const std::string scheme = Part(parsed.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return BadUrl(url, "it is neither http nor https");
  for (const CURLUPart part : {CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    if (!Part(parsed.get(), part).empty()) return BadUrl(url, "it has a query or a fragment");
  }
  HttpBaseUrl base;
  base.url = std::string(url);
  while (absl::EndsWith(base.url, "/")) base.url.pop_back();
  base.loopback = IsLoopback(absl::AsciiStrToLower(Part(parsed.get(), CURLUPART_HOST)));
  return base;
}

absl::StatusOr<std::string> ParseHttpHeader(absl::string_view name_and_value) {
  const size_t equals = name_and_value.find('=');
  const absl::string_view name = name_and_value.substr(0, equals);
  if (equals == absl::string_view::npos || name.empty() ||
      !std::all_of(name.begin(), name.end(), IsNameCharacter)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a header is \"", name_and_value, "\", and must be like Name=value"));
  }
  const absl::string_view value = absl::StripAsciiWhitespace(name_and_value.substr(equals + 1));
  if (value.find_first_of(absl::string_view("\r\n\0", 3)) != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("the header ", name, " has a line end in it"));
  }
  if (value.empty()) return absl::StrCat(name, ";");  // curl's way to send one without a value
  return absl::StrCat(name, ": ", value);
}

}  // namespace baton
