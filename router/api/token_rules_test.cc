#include "router/api/token_rules.h"

#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "common/error_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "router/api/test_model.h"
#include "router/fleet/cluster.h"
#include "router/tokenizer/test_vocabulary.h"
#include "router/tokenizer/tokenizer.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

const ModelContext& Model() {
  static const ModelServing* serving = new ModelServing(TestServing());
  return *serving->model;
}

absl::StatusOr<SamplingParams> Validate(const v1::SamplingParameters& sampling) {
  SamplingParams params;
  const absl::Status status = ValidateTokenRules(sampling, Model(), &params);
  if (!status.ok()) return status;
  return params;
}

std::vector<std::vector<int32_t>> BadWords(const std::string& word) {
  v1::SamplingParameters sampling;
  sampling.add_bad_words(word);
  const auto params = Validate(sampling);
  EXPECT_TRUE(params.ok()) << params.status();
  return params.ok() ? params->bad_words : std::vector<std::vector<int32_t>>();
}

// The token of `text`, which must be one.
int32_t Token(const std::string& text) {
  std::vector<int32_t> tokens;
  EXPECT_TRUE(Model().tokenizer->Encode(text, {}, &tokens).ok());
  EXPECT_EQ(tokens.size(), 1u) << text;
  return tokens.at(0);
}

TEST(TokenRulesTest, UnsetIsNone) {
  const auto params = Validate({});
  ASSERT_TRUE(params.ok());
  EXPECT_THAT(params->logit_bias, IsEmpty());
  EXPECT_THAT(params->allowed_token_ids, IsEmpty());
  EXPECT_THAT(params->bad_words, IsEmpty());
}

TEST(TokenRulesTest, SortsBiasesAndAllowedTokens) {
  v1::SamplingParameters sampling;
  (*sampling.mutable_logit_bias())[270] = -100.0f;
  (*sampling.mutable_logit_bias())[0] = 100.0f;
  (*sampling.mutable_logit_bias())[7] = 0.5f;
  for (const uint32_t id : {9, 3, 270, 3, 0, 9}) sampling.add_allowed_token_ids(id);
  const auto params = Validate(sampling);
  ASSERT_TRUE(params.ok()) << params.status();
  EXPECT_THAT(params->logit_bias, ElementsAre(Pair(0, 100.0f), Pair(7, 0.5f), Pair(270, -100.0f)));
  EXPECT_THAT(params->allowed_token_ids, ElementsAre(0, 3, 9, 270));
}

TEST(TokenRulesTest, ForbidsAWordAloneAndAfterASpace) {
  EXPECT_THAT(BadWords("the"), ElementsAre(ElementsAre(Token("the")), ElementsAre(Token(" the"))));
  // After a space these are the space's token and their own, which are forbidden already.
  EXPECT_THAT(BadWords("ab"), ElementsAre(ElementsAre(Token("ab"))));
  EXPECT_THAT(BadWords("xy"), ElementsAre(ElementsAre(Token("x"), Token("y"))));
}

TEST(TokenRulesTest, ForbidsBothFormsWhateverTheirLengths) {
  TokenizerSpec spec = TestVocabulary();
  spec.merges.insert(spec.merges.end(), {"\u0120 x", "\u0120x y"});
  spec.tokens.insert(spec.tokens.end(), {"\u0120x", "\u0120xy"});
  spec.token_types.resize(spec.tokens.size(), kTokenNormal);
  ModelContext model;
  model.tokenizer = *Tokenizer::Create(spec);
  model.vocab_size = model.tokenizer->vocab_size();
  const auto after_space = static_cast<int32_t>(spec.tokens.size() - 1);
  for (const char* word : {"xy", " xy"}) {
    v1::SamplingParameters sampling;
    sampling.add_bad_words(word);
    SamplingParams params;
    ASSERT_TRUE(ValidateTokenRules(sampling, model, &params).ok());
    EXPECT_THAT(params.bad_words,
                ElementsAre(ElementsAre(Token("x"), Token("y")), ElementsAre(after_space)))
        << word;
  }
}

TEST(TokenRulesTest, SpacesBeforeAWordDoNotCount) {
  for (const char* spaced : {" the", "  the", "\n\tthe", "\u00A0\u3000the", "\x1c\x1fthe"}) {
    EXPECT_EQ(BadWords(spaced), BadWords("the")) << spaced;
  }
  EXPECT_NE(BadWords("the "), BadWords("the"));
}

TEST(TokenRulesTest, AWordNeverNamesASpecialToken) {
  EXPECT_GT(BadWords("<|end|>").at(0).size(), 1u);
}

TEST(TokenRulesTest, AcceptsEverythingAtItsLimit) {
  v1::SamplingParameters sampling;
  for (uint32_t id = 0; id < 271; ++id) (*sampling.mutable_logit_bias())[id] = 1;
  for (int i = 0; i < 4096; ++i) sampling.add_allowed_token_ids(i % 271);
  for (int i = 0; i < 64; ++i) sampling.add_bad_words(std::string(256, 'x'));
  const auto params = Validate(sampling);
  ASSERT_TRUE(params.ok()) << params.status();
  EXPECT_EQ(params->logit_bias.size(), 271u);
  EXPECT_EQ(params->allowed_token_ids.size(), 271u);
  EXPECT_EQ(params->bad_words.size(), 64u);
}

TEST(TokenRulesTest, RefusesEveryBadValue) {
  using Sampling = v1::SamplingParameters;
  const struct {
    std::function<void(Sampling*)> make;
    const char* field;
    const char* description;
  } cases[] = {
      {[](Sampling* s) { (*s->mutable_logit_bias())[271] = 1; }, "sampling.logit_bias[271]",
       "the vocabulary of tiny has 271 tokens"},
      {[](Sampling* s) { (*s->mutable_logit_bias())[0xffffffff] = 1; },
       "sampling.logit_bias[4294967295]", "the vocabulary of tiny has 271 tokens"},
      {[](Sampling* s) { (*s->mutable_logit_bias())[3] = 100.5f; }, "sampling.logit_bias[3]",
       "must be a number from -100 to 100, is 100.5"},
      {[](Sampling* s) { (*s->mutable_logit_bias())[3] = -100.5f; }, "sampling.logit_bias[3]",
       "must be a number from -100 to 100, is -100.5"},
      {[](Sampling* s) { (*s->mutable_logit_bias())[3] = kNan; }, "sampling.logit_bias[3]",
       "must be a number from -100 to 100, is nan"},
      {[](Sampling* s) {
         for (uint32_t id = 0; id < 300; ++id) (*s->mutable_logit_bias())[id] = 1000;
       },
       "sampling.logit_bias[0]", "must be a number from -100 to 100, is 1000"},
      {[](Sampling* s) {
         for (uint32_t id = 0; id < 1025; ++id) (*s->mutable_logit_bias())[id] = 1;
       },
       "sampling.logit_bias", "has 1025 entries, at most 1024 are allowed"},
      {[](Sampling* s) { s->add_allowed_token_ids(1), s->add_allowed_token_ids(271); },
       "sampling.allowed_token_ids[1]", "is 271, the vocabulary of tiny has 271 tokens"},
      {[](Sampling* s) {
         for (int i = 0; i < 4097; ++i) s->add_allowed_token_ids(1);
       },
       "sampling.allowed_token_ids", "has 4097 entries, at most 4096 are allowed"},
      {[](Sampling* s) { s->add_bad_words("a"), s->add_bad_words(""); }, "sampling.bad_words[1]",
       "must be 1 to 256 bytes, is 0"},
      {[](Sampling* s) { s->add_bad_words(std::string(257, 'x')); }, "sampling.bad_words[0]",
       "must be 1 to 256 bytes, is 257"},
      {[](Sampling* s) { s->add_bad_words(" \n"); }, "sampling.bad_words[0]",
       "must be more than spaces, is \" \\n\""},
      {[](Sampling* s) {
         for (int i = 0; i < 65; ++i) s->add_bad_words("x");
       },
       "sampling.bad_words", "has 65 entries, at most 64 are allowed"},
  };
  for (const auto& test : cases) {
    v1::SamplingParameters sampling;
    test.make(&sampling);
    const absl::Status status = Validate(sampling).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    ASSERT_EQ(FieldViolations(status).size(), 1u) << status;
    EXPECT_EQ(FieldViolations(status)[0].field, test.field);
    EXPECT_EQ(FieldViolations(status)[0].description, test.description);
  }
}

TEST(TokenRulesTest, RefusesRulesThatLeaveNoToken) {
  SamplingParams sampling;
  StopParams stop;
  stop.token_ids = {0, 5};
  EXPECT_TRUE(CheckAnyTokenIsLeft(sampling, stop).ok());
  sampling.allowed_token_ids = {0, 5, 7};
  sampling.bad_words = {{7}};
  EXPECT_TRUE(CheckAnyTokenIsLeft(sampling, stop).ok()) << "an end is what is left";
  stop.min_tokens = 1;
  const absl::Status status = CheckAnyTokenIsLeft(sampling, stop);
  ASSERT_EQ(FieldViolations(status).size(), 1u) << status;
  EXPECT_EQ(FieldViolations(status)[0].field, "sampling.allowed_token_ids");
  sampling.bad_words = {{7, 7}};
  EXPECT_TRUE(CheckAnyTokenIsLeft(sampling, stop).ok()) << "7 may come first, though not twice";
}

}  // namespace
}  // namespace baton
