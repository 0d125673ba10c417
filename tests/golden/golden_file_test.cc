#include "tests/golden/golden_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/golden/golden_models.h"
#include "worker/model/gguf_file.h"
#include "worker/model/tiny_model.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr char kData[] = "tests/golden/data/";

TEST(GoldenFileTest, ParsesTheFormat) {
  const auto file = ParseGoldenFile(
      "# comment\ndigest abc\ncase one\ntext a\\nb\nprompt 1 2\ncontinuation 3 4\nmargins 0.5 "
      "1e-3\n"
      "position 1 2.5 3:1.5 7:-1\n",
      "g.txt");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->digest, "abc");
  ASSERT_EQ(file->cases.size(), 1u);
  const GoldenCase& c = file->cases[0];
  EXPECT_EQ(c.name, "one");
  EXPECT_EQ(c.text, "a\nb");
  EXPECT_THAT(c.prompt, ElementsAre(1, 2));
  EXPECT_THAT(c.continuation, ElementsAre(3, 4));
  EXPECT_THAT(c.margins, ElementsAre(0.5f, 1e-3f));
  ASSERT_EQ(c.positions.size(), 1u);
  EXPECT_EQ(c.positions[0].position, 1);
  EXPECT_EQ(c.positions[0].logsumexp, 2.5);
  EXPECT_THAT(c.positions[0].top, ElementsAre(Pair(3, 1.5f), Pair(7, -1.0f)));
}

TEST(GoldenFileTest, NamesTheBadLine) {
  for (const char* bad : {"prompt x", "prompt", "position 1", "position 1 2 3", "position 1 2 3:x",
                          "margins 1 two", "verse 1", "text \\q"}) {
    const auto file = ParseGoldenFile(absl::StrCat("digest abc\ncase one\n", bad, "\n"), "g.txt");
    ASSERT_FALSE(file.ok()) << bad;
    EXPECT_THAT(std::string(file.status().message()), HasSubstr("g.txt:3: ")) << bad;
  }
  EXPECT_FALSE(ParseGoldenFile("prompt 1\n", "g.txt").ok());
  EXPECT_FALSE(ParseGoldenFile("digest abc\n", "g.txt").ok());
  EXPECT_FALSE(
      ParseGoldenFile("digest a\ncase b\nprompt 1\ncontinuation 1 2\nmargins 1\n", "g").ok());
  EXPECT_EQ(ReadGoldenFile("absent").status().code(), absl::StatusCode::kNotFound);
}

// Holds of every golden file, whatever the model.
void CheckCase(const GoldenCase& c) {
  ASSERT_FALSE(c.positions.empty());
  std::vector<int32_t> tokens = c.prompt;
  tokens.insert(tokens.end(), c.continuation.begin(), c.continuation.end());
  int last_position = -1;
  for (const GoldenCase::Position& p : c.positions) {
    ASSERT_GT(p.position, last_position);
    ASSERT_LT(p.position, static_cast<int>(tokens.size()));
    last_position = p.position;
    ASSERT_EQ(p.top.size(), 32u);
    double sum = 0;
    for (size_t i = 0; i < p.top.size(); ++i) {
      if (i > 0) ASSERT_GE(p.top[i - 1].second, p.top[i].second);
      sum += std::exp(p.top[i].second - p.logsumexp);
    }
    EXPECT_LE(sum, 1 + 1e-4);
    EXPECT_GT(sum, 0.1);
    // Where a continuation token comes next, it is the one with the largest logit, by the margin.
    const int i = p.position + 1 - static_cast<int>(c.prompt.size());
    if (i < 0 || i >= static_cast<int>(c.continuation.size())) continue;
    EXPECT_EQ(p.top[0].first, c.continuation[i]);
    // The file has 4 significant digits of margins and 6 of logits, which are below 100.
    EXPECT_NEAR(p.top[0].second - p.top[1].second, c.margins[i], 2e-4 + 5e-4 * c.margins[i]);
  }
}

TEST(GoldenFileTest, TheModelsValuesAreConsistent) {
  const auto file = ReadGoldenFile(absl::StrCat(kData, "smollm2.txt"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_GE(file->cases.size(), 20u);
  std::set<std::string> names;
  for (const GoldenCase& c : file->cases) {
    SCOPED_TRACE(c.name);
    CheckCase(c);
    EXPECT_EQ(c.continuation.size(), 64u);
    EXPECT_FALSE(c.text.empty());
    EXPECT_TRUE(names.insert(c.name).second);
  }
}

TEST(GoldenFileTest, TheTinyModelsAreThoseTheValuesBelongTo) {
  for (const GoldenModel& model : GoldenTinyModels()) {
    SCOPED_TRACE(model.name);
    const auto golden = ReadGoldenFile(absl::StrCat(kData, model.name, ".txt"));
    ASSERT_TRUE(golden.ok()) << golden.status();
    for (const GoldenCase& c : golden->cases) CheckCase(c);
    const std::string path = absl::StrCat(::testing::TempDir(), "/", model.name, ".gguf");
    ASSERT_TRUE(WriteTinyModel(path, model.options).ok());
    auto file = GgufFile::Open(path);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(*(*file)->Digest(), golden->digest);
  }
}

}  // namespace
}  // namespace baton
