#include "tests/load/workload/prompt_builder.h"

#include "absl/strings/str_split.h"
#include "absl/types/variant.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

LoadRequest Build(const PromptStyle& style) {
  PromptBuilder prefix(style);
  SeededRandom random({1});
  prefix.Append(&random, 3);
  PromptBuilder builder = prefix;
  builder.Append(&random, 4);
  builder.Append(&random, 0);
  EXPECT_EQ(prefix.tokens(), 3u);
  LoadRequest request;
  builder.MoveTo(&request);
  return request;
}

TEST(PromptBuilder, GivesIdsOfTheRange) {
  const LoadRequest request = Build({LoadPromptKind::kIds, 7, 9});
  EXPECT_EQ(request.prompt_tokens, 7u);
  const auto& ids = absl::get<std::vector<uint32_t>>(request.prompt);
  EXPECT_EQ(ids.size(), 7u);
  for (const uint32_t id : ids) EXPECT_TRUE(id >= 7 && id <= 9) << id;
}

TEST(PromptBuilder, GivesOneWordAToken) {
  const LoadRequest request = Build({LoadPromptKind::kText});
  EXPECT_EQ(request.prompt_tokens, 7u);
  const std::vector<std::string> words =
      absl::StrSplit(absl::get<std::string>(request.prompt), ' ');
  EXPECT_EQ(words.size(), 7u);
}

TEST(PromptBuilder, GivesAMessageOfTheSameText) {
  const LoadRequest text = Build({LoadPromptKind::kText}), chat = Build({LoadPromptKind::kChat});
  const auto& turns = absl::get<std::vector<ChatTurn>>(chat.prompt);
  ASSERT_EQ(turns.size(), 1u);
  EXPECT_EQ(turns[0].role, "user");
  EXPECT_EQ(turns[0].content, absl::get<std::string>(text.prompt));
}

}  // namespace
}  // namespace baton
