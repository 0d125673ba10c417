#include "tests/load/backend/openai_models.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::HasSubstr;

constexpr absl::string_view kTwo =
    R"({"object": "list", "data": [{"id": "a", "max_model_len": 4096},
        {"id": "b", "meta": {"n_vocab": 151936, "n_ctx_train": 32768}}]})";

TEST(OpenAiModelsTest, TheFirstUnlessOneIsNamed) {
  const auto first = ChooseOpenAiModel(kTwo, "");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->model, "a");
  EXPECT_EQ(first->max_model_len, 4096u);
  EXPECT_EQ(first->vocab_size, 0u);
  const auto named = ChooseOpenAiModel(kTwo, "b");
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ(named->model, "b");
  EXPECT_EQ(named->max_model_len, 0u);
  EXPECT_EQ(named->vocab_size, 151936u);
}

TEST(OpenAiModelsTest, WhatIsNotServed) {
  const absl::Status status = ChooseOpenAiModel(kTwo, "c").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "it serves a, b, not c");
  EXPECT_EQ(ChooseOpenAiModel(R"({"data": [{"id": "x"}]})", "y").status().message(),
            "it serves x, not y");
  EXPECT_EQ(ChooseOpenAiModel(R"({"data": []})", "").status().code(), absl::StatusCode::kNotFound);
}

TEST(OpenAiModelsTest, WhatIsNoListOfModels) {
  for (const absl::string_view body : {"", "<html>", "[]", R"({"data": 7})", R"({"models": []})"}) {
    const absl::Status status = ChooseOpenAiModel(body, "").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << body;
    EXPECT_THAT(status.message(), HasSubstr(body));
  }
}

TEST(OpenAiModelsTest, MembersOfTheWrongTypeAreSkipped) {
  const auto facts = ChooseOpenAiModel(
      R"({"data": [7, {"id": 7}, {}, {"id": "a", "max_model_len": -1, "meta": null}]})", "");
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->model, "a");
  EXPECT_EQ(facts->max_model_len, 0u);
}

}  // namespace
}  // namespace baton
