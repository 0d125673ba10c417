#include "tests/load/report/result_file.h"

#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::HasSubstr;

std::string WriteFile(const std::string& text) {
  static int count = 0;
  const std::string path = absl::StrCat(std::getenv("TEST_TMPDIR"), "/", count++, ".json");
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(ResultFileTest, OneResultOnManyLines) {
  const std::string path = WriteFile("{\"duration\": 2,\n \"completed\": 3}\n");
  const auto results = ReadResultFile(path);
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 1u);
  EXPECT_EQ((*results)[0].name, path);
  EXPECT_EQ((*results)[0].json["completed"], 3);
}

TEST(ResultFileTest, AppendedResults) {
  const std::string path =
      WriteFile("{\"duration\": 2, \"completed\": 3}\n\n{\"duration\": 4, \"completed\": 5}");
  const auto results = ReadResultFile(path);
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 2u);
  EXPECT_EQ((*results)[1].name, path + "#2");
  EXPECT_EQ((*results)[1].json["completed"], 5);
}

TEST(ResultFileTest, WhatIsNoResultIsNamed) {
  const struct {
    std::string text, says;
  } cases[] = {
      {"", "empty"},
      {"\n \n", "empty"},
      {"hello", "not JSON"},
      {"{\"duration\": 1", "not JSON"},
      {"[1, 2]", "no JSON object"},
      {"{}", "no number \"duration\""},
      {"{\"duration\": \"1\", \"completed\": 1}", "no number \"duration\""},
      {"{\"duration\": 1}", "no number \"completed\""},
      {"{\"duration\": 1, \"completed\": 1}\n{\"a\": 1}", "#2: not a result"},
  };
  for (const auto& c : cases) {
    const std::string path = WriteFile(c.text);
    const auto results = ReadResultFile(path);
    ASSERT_FALSE(results.ok()) << c.text;
    EXPECT_THAT(std::string(results.status().message()), HasSubstr(path)) << c.text;
    EXPECT_THAT(std::string(results.status().message()), HasSubstr(c.says)) << c.text;
  }
}

TEST(ResultFileTest, AFileThatIsNotThere) {
  EXPECT_EQ(ReadResultFile("/nowhere/a.json").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadResultFile("/").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace baton
