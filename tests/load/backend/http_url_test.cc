#include "tests/load/backend/http_url.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::HasSubstr;

TEST(HttpUrlTest, AddressesThatAreTaken) {
  for (const auto& [url, base] : std::vector<std::pair<std::string, std::string>>{
           {"http://127.0.0.1:8000", "http://127.0.0.1:8000"},
           {"http://host:8000/", "http://host:8000"},
           {"https://host/api//", "https://host/api"},
           {"http://[::1]:80", "http://[::1]:80"}}) {
    const auto parsed = ParseHttpBaseUrl(url);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->url, base);
  }
}

TEST(HttpUrlTest, WhatIsThisMachine) {
  for (const char* host : {"localhost", "LOCALHOST:8000", "127.0.0.1:1", "127.1.2.3", "[::1]:9"}) {
    EXPECT_TRUE(ParseHttpBaseUrl(absl::StrCat("http://", host))->loopback) << host;
  }
  for (const char* host : {"host", "10.0.0.1", "localhost.example.org", "[::2]"}) {
    EXPECT_FALSE(ParseHttpBaseUrl(absl::StrCat("http://", host))->loopback) << host;
  }
}

TEST(HttpUrlTest, AddressesThatAreNot) {
  for (const char* url : {"", "host:8000", "127.0.0.1:8000", "ftp://host", "http://", "http://h:x",
                          "http://h:99999", "http://h/?a=b", "http://h/#f", "http://a b"}) {
    const absl::Status status = ParseHttpBaseUrl(url).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_THAT(status.message(), HasSubstr(absl::StrCat("\"", url, "\""))) << url;
  }
}

TEST(HttpUrlTest, Headers) {
  EXPECT_EQ(*ParseHttpHeader("X-Key=a=b c"), "X-Key: a=b c");
  EXPECT_EQ(*ParseHttpHeader("X-Key="), "X-Key;");
  for (const char* bad : {"", "X-Key", "=a", "X Key=a", "X:Key=a", "X=a\r\nY: b"}) {
    EXPECT_EQ(ParseHttpHeader(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

}  // namespace
}  // namespace baton
