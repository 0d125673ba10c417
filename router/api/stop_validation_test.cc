#include "router/api/stop_validation.h"

#include <functional>
#include <string>

#include "common/error_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ModelContext Model() {
  ModelContext model;
  model.name = "tiny";
  model.vocab_size = 100;
  model.end_token_ids = {2, 3};
  return model;
}

void ExpectViolation(const absl::Status& status, const std::string& field,
                     const std::string& description) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  ASSERT_EQ(FieldViolations(status).size(), 1u) << status;
  EXPECT_EQ(FieldViolations(status)[0].field, field);
  EXPECT_THAT(FieldViolations(status)[0].description, HasSubstr(description));
}

TEST(StopValidationTest, AddsTheModelsEndTokens) {
  v1::StopConditions stop;
  stop.add_token_ids(99);
  stop.add_token_ids(3);
  EXPECT_THAT(ValidateStop(stop, Model())->token_ids, ElementsAre(99, 3, 2));
  stop.set_ignore_eos(true);
  EXPECT_THAT(ValidateStop(stop, Model())->token_ids, ElementsAre(99, 3));
  stop.clear_token_ids();
  EXPECT_THAT(ValidateStop(stop, Model())->token_ids, IsEmpty());
}

TEST(StopValidationTest, KeepsWhetherTheStringIsReturned) {
  v1::StopConditions stop;
  EXPECT_FALSE(ValidateStop(stop, Model())->include_string);
  stop.set_include_stop_string(true);
  EXPECT_TRUE(ValidateStop(stop, Model())->include_string);
}

TEST(StopValidationTest, AcceptsEverythingAtItsLimit) {
  v1::StopConditions stop;
  for (int i = 0; i < 16; ++i) stop.add_strings(std::string(256, 'x'));
  for (int i = 0; i < 64; ++i) stop.add_token_ids(i);
  const auto params = ValidateStop(stop, Model());
  ASSERT_TRUE(params.ok()) << params.status();
  EXPECT_EQ(params->strings.size(), 16u);
  EXPECT_EQ(params->token_ids.size(), 64u);
}

TEST(StopValidationTest, RefusesEveryBadValue) {
  const struct {
    std::function<void(v1::StopConditions*)> make;
    const char* field;
    const char* description;
  } cases[] = {
      {[](auto* s) {
         for (int i = 0; i < 17; ++i) s->add_strings("x");
       },
       "stop.strings", "has 17 entries, at most 16"},
      {[](auto* s) { s->add_strings("x"), s->add_strings(""); }, "stop.strings[1]", "is 0"},
      {[](auto* s) { s->add_strings(std::string(257, 'x')); }, "stop.strings[0]", "is 257"},
      {[](auto* s) {
         for (int i = 0; i < 65; ++i) s->add_token_ids(1);
       },
       "stop.token_ids", "has 65 entries, at most 64"},
      {[](auto* s) { s->add_token_ids(1), s->add_token_ids(100); }, "stop.token_ids[1]",
       "is 100, the vocabulary of tiny has 100"},
      {[](auto* s) { s->add_token_ids(0xffffffff); }, "stop.token_ids[0]", "is 4294967295"},
  };
  for (const auto& test : cases) {
    v1::StopConditions stop;
    test.make(&stop);
    ExpectViolation(ValidateStop(stop, Model()).status(), test.field, test.description);
  }
}

ModelServing Serving(uint32_t max_model_len, uint64_t max_kv_tokens) {
  ModelServing serving;
  serving.max_model_len = max_model_len;
  serving.max_kv_tokens = max_kv_tokens;
  return serving;
}

v1::StopConditions MaxTokens(uint32_t max_tokens) {
  v1::StopConditions stop;
  stop.set_max_tokens(max_tokens);
  return stop;
}

TEST(MaxTokensValidationTest, DefaultsToAModestPartOfWhatIsLeft) {
  EXPECT_EQ(*ValidateMaxTokens({}, 10, "text", Serving(8192, 0)), 256u);
  EXPECT_EQ(*ValidateMaxTokens({}, 8000, "text", Serving(8192, 0)), 192u);
  EXPECT_EQ(*ValidateMaxTokens({}, 10, "text", Serving(8192, 100)), 90u);
  EXPECT_EQ(*ValidateMaxTokens({}, 8191, "text", Serving(8192, 10000)), 1u);
}

TEST(MaxTokensValidationTest, TakesWhatIsAskedForUpToTheLimit) {
  EXPECT_EQ(*ValidateMaxTokens(MaxTokens(1), 10, "text", Serving(8192, 0)), 1u);
  EXPECT_EQ(*ValidateMaxTokens(MaxTokens(8182), 10, "text", Serving(8192, 8192)), 8182u);
}

TEST(MaxTokensValidationTest, RefusesWhatCannotFit) {
  const struct {
    v1::StopConditions stop;
    size_t prompt;
    ModelServing serving;
    const char* field;
    const char* description;
  } cases[] = {
      {MaxTokens(0), 1, Serving(100, 0), "stop.max_tokens", "must be at least 1, is 0"},
      {{}, 100, Serving(100, 0), "text", "has 100 tokens, the model's maximum length is 100"},
      {MaxTokens(1), 5000, Serving(100, 0), "text", "has 5000 tokens"},
      {MaxTokens(91), 10, Serving(100, 0), "stop.max_tokens", "is 91 after a prompt of 10 tokens"},
      {MaxTokens(0xffffffff), 10, Serving(100, 0), "stop.max_tokens", "is 4294967295"},
      {{}, 50, Serving(100, 50), "text", "the KV memory of the largest group is 50"},
      {MaxTokens(41), 10, Serving(100, 50), "stop.max_tokens",
       "the KV memory of the largest group is 50"},
  };
  for (const auto& test : cases) {
    ExpectViolation(ValidateMaxTokens(test.stop, test.prompt, "text", test.serving).status(),
                    test.field, test.description);
  }
}

TEST(MinTokensValidationTest, IsAtMostMaxTokens) {
  v1::StopConditions stop;
  EXPECT_EQ(*ValidateMinTokens(stop, 256), 0u);
  stop.set_min_tokens(256);
  EXPECT_EQ(*ValidateMinTokens(stop, 256), 256u);
  stop.set_min_tokens(257);
  ExpectViolation(ValidateMinTokens(stop, 256).status(), "stop.min_tokens",
                  "must be at most max_tokens, which is 256 by default, is 257");
  stop.set_max_tokens(10);
  ExpectViolation(ValidateMinTokens(stop, 10).status(), "stop.min_tokens", "which is 10, is 257");
}

}  // namespace
}  // namespace baton
