#include "tests/load/bench/golden_answers.h"

#include <cstdlib>
#include <fstream>

#include "gtest/gtest.h"

namespace baton {
namespace {

std::string Path(const char* name) { return std::string(std::getenv("TEST_TMPDIR")) + "/" + name; }

TEST(GoldenAnswersTest, WhatIsWrittenIsRead) {
  GoldenAnswers golden;
  golden.model = "some \"model\"";
  golden.prompts_digest = 0xfedcba9876543210u;
  golden.answers[3] = {0xffffffffffffffffu, 7, "class-1"};
  golden.answers[1u << 31] = {0, 0, ""};
  ASSERT_TRUE(WriteGoldenAnswers(Path("golden.json"), golden).ok());
  const auto read = ReadGoldenAnswers(Path("golden.json"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->model, golden.model);
  EXPECT_EQ(read->prompts_digest, golden.prompts_digest);
  ASSERT_EQ(read->answers.size(), 2u);
  EXPECT_EQ(read->answers.at(3).digest, 0xffffffffffffffffu);
  EXPECT_EQ(read->answers.at(3).tokens, 7u);
  EXPECT_EQ(read->answers.at(3).numerics_class, "class-1");
}

TEST(GoldenAnswersTest, OtherFilesAreRefusedByName) {
  for (const char* text : {"", "{}", "[1]", "{\"format\": 3}",
                           "{\"format\": \"baton golden answers 1\", \"model\": \"m\", "
                           "\"prompts_digest\": \"00\", \"answers\": [{}]}"}) {
    std::ofstream(Path("other.json")) << text;
    const auto read = ReadGoldenAnswers(Path("other.json"));
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_NE(read.status().message().find("other.json"), std::string::npos);
  }
  EXPECT_EQ(ReadGoldenAnswers(Path("none.json")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(WriteGoldenAnswers(Path("no/such/folder"), {}).ok());
}

}  // namespace
}  // namespace baton
