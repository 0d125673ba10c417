#include "router/api/validation.h"

#include <functional>
#include <string>

#include "common/error_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "router/api/prompt.h"
#include "router/api/sha256.h"
#include "router/api/test_model.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kDrawn = 0xabc;

absl::StatusOr<ValidatedGenerate> Validate(const v1::GenerateRequest& request) {
  static const ModelServing* serving = new ModelServing(TestServing());
  CallTimes times;
  times.arrival = absl::FromUnixSeconds(100);
  times.deadline = absl::FromUnixSeconds(200);
  return ValidateGenerate(request, *serving, times, [] { return kDrawn; });
}

v1::GenerateRequest TextRequest(const std::string& text) {
  v1::GenerateRequest request;
  request.set_text(text);
  return request;
}

v1::GenerateRequest TokensRequest(int count) {
  v1::GenerateRequest request;
  request.mutable_tokens();
  for (int i = 0; i < count; ++i) request.mutable_tokens()->add_ids(5);
  return request;
}

TEST(ValidationTest, FillsInDefaults) {
  const auto generate = Validate(TextRequest("the the"));
  ASSERT_TRUE(generate.ok()) << generate.status();
  const EngineRequest& request = generate->request;
  EXPECT_EQ(request.id, "0000000000000abc");
  EXPECT_EQ(request.prompt.size(), 2u);
  EXPECT_EQ(generate->prompt_digest, PromptDigest(request.prompt));
  EXPECT_EQ(request.sampling.temperature, 0.0f);
  EXPECT_EQ(request.sampling.seed, kDrawn);
  EXPECT_EQ(request.stop.max_tokens, 256u);
  EXPECT_THAT(request.stop.token_ids, ElementsAre(0));
  EXPECT_EQ(request.stop.min_tokens, 0u);
  EXPECT_EQ(request.n, 1u);
  EXPECT_EQ(request.best_of, 1u);
  EXPECT_FALSE(request.num_logprobs.has_value());
  EXPECT_FALSE(request.num_prompt_logprobs.has_value());
  EXPECT_FALSE(request.echo);
  EXPECT_EQ(request.priority, 0);
  EXPECT_EQ(request.cache_salt, "");
  EXPECT_TRUE(request.sampling.logit_bias.empty());
  EXPECT_TRUE(request.sampling.allowed_token_ids.empty());
  EXPECT_TRUE(request.sampling.bad_words.empty());
  EXPECT_EQ(request.arrival, absl::FromUnixSeconds(100));
  EXPECT_EQ(request.deadline, absl::FromUnixSeconds(200));
}

TEST(ValidationTest, KeepsWhatIsGiven) {
  v1::GenerateRequest request = TokensRequest(0);
  for (const uint32_t id : {7, 0, 270}) request.mutable_tokens()->add_ids(id);
  request.set_request_id("job/7:a_b-c.d");
  request.set_logprobs(0);
  request.mutable_sampling()->set_temperature(0.5f);
  request.mutable_sampling()->set_seed(0);
  request.mutable_stop()->set_max_tokens(797);
  request.mutable_stop()->set_min_tokens(797);
  request.mutable_stop()->set_ignore_eos(true);
  request.set_n(64);  // each choice is held against the limits on its own
  request.set_priority(-1000);
  request.set_cache_salt(std::string(128, 's'));
  request.mutable_sampling()->add_bad_words("the");
  request.mutable_stop()->add_strings("\n\n");
  const auto generate = Validate(request);
  ASSERT_TRUE(generate.ok()) << generate.status();
  EXPECT_EQ(generate->request.id, "job/7:a_b-c.d");
  EXPECT_THAT(generate->request.prompt, ElementsAre(7, 0, 270));
  EXPECT_EQ(generate->request.num_logprobs, absl::optional<uint32_t>(0));
  EXPECT_EQ(generate->request.sampling.temperature, 0.5f);
  EXPECT_EQ(generate->request.sampling.seed, 0u);
  EXPECT_EQ(generate->request.stop.max_tokens, 797u);
  EXPECT_EQ(generate->request.stop.min_tokens, 797u);
  EXPECT_EQ(generate->request.n, 64u);
  EXPECT_EQ(generate->request.priority, -1000);
  EXPECT_EQ(generate->request.cache_salt, std::string(128, 's'));
  EXPECT_EQ(generate->request.sampling.bad_words.size(), 2u);
  EXPECT_THAT(generate->request.stop.strings, ElementsAre("\n\n"));
  EXPECT_TRUE(generate->request.stop.token_ids.empty());

  const v1::GenerateStarted started = DescribeGenerate(*generate, *TestServing().model);
  EXPECT_EQ(started.request_id(), "job/7:a_b-c.d");
  EXPECT_EQ(started.model(), "tiny");
  EXPECT_EQ(started.model_digest(), "d1ce");
  EXPECT_EQ(started.prompt_digest(), generate->prompt_digest);
  EXPECT_EQ(started.prompt_tokens(), 3u);
  EXPECT_EQ(started.max_tokens(), 797u);
}

TEST(ValidationTest, ParsesSpecialTokensOnlyIfAsked) {
  v1::GenerateRequest request = TextRequest("<|end|>");
  EXPECT_GT(Validate(request)->request.prompt.size(), 1u);
  request.set_parse_special(true);
  EXPECT_THAT(Validate(request)->request.prompt, ElementsAre(0));
}

// The rules of the tests of each part are only sampled here.
TEST(ValidationTest, NamesFieldValueAndLimit) {
  const struct {
    v1::GenerateRequest request;
    std::function<void(v1::GenerateRequest*)> change;
    const char* field;
    const char* description;
  } cases[] = {
      {{}, nullptr, "input", "one of text, tokens and chat must be set"},
      {TextRequest(""), nullptr, "text", "must not be empty"},
      {TokensRequest(0), nullptr, "tokens.ids", "must give at least one token"},
      {TokensRequest(1), [](auto* r) { r->mutable_tokens()->add_ids(271); }, "tokens.ids[1]",
       "is 271, the vocabulary of tiny has 271 tokens"},
      {TokensRequest(0), [](auto* r) { r->mutable_tokens()->add_ids(0xffffffff); }, "tokens.ids[0]",
       "is 4294967295"},
      {TokensRequest(1000), nullptr, "tokens.ids",
       "the prompt has 1000 tokens, the model's maximum length is 1000"},
      {TextRequest(std::string(1000, 'q')), nullptr, "text", "has 1000 tokens"},
      {TokensRequest(800), nullptr, "tokens.ids", "the KV memory of the largest group is 800"},
      {TokensRequest(10), [](auto* r) { r->mutable_stop()->set_max_tokens(791); },
       "stop.max_tokens", "is 791 after a prompt of 10 tokens"},
      {TextRequest("a"), [](auto* r) { r->mutable_sampling()->set_top_p(0); }, "sampling.top_p",
       "is 0"},
      {TextRequest("a"), [](auto* r) { r->set_logprobs(21); }, "logprobs", "is 21"},
      {TextRequest("a"), [](auto* r) { r->mutable_stop()->add_strings(""); }, "stop.strings[0]",
       "is 0"},
      {TextRequest("a"), [](auto* r) { r->set_request_id(std::string(129, 'x')); }, "request_id",
       "has 129 bytes, at most 128"},
      {TextRequest("a"), [](auto* r) { r->set_n(0); }, "n", "is 0"},
      {TextRequest("a"), [](auto* r) { r->mutable_sampling()->add_bad_words(" "); },
       "sampling.bad_words[0]", "more than spaces"},
      {TextRequest("a"), [](auto* r) { r->mutable_stop()->set_min_tokens(257); }, "stop.min_tokens",
       "which is 256 by default, is 257"},
      {TextRequest("a"),
       [](auto* r) {
         r->mutable_sampling()->add_allowed_token_ids(0);
         r->mutable_stop()->set_min_tokens(1);
       },
       "sampling.allowed_token_ids", "none of the 1 may come first"},
      {TextRequest("a"), [](auto* r) { r->set_cache_salt(std::string(129, 'x')); }, "cache_salt",
       "has 129 bytes, at most 128"},
      {TextRequest("a"), [](auto* r) { r->set_request_id("a b"); }, "request_id",
       "\"a b\" (byte 1)"},
      {TextRequest("a"), [](auto* r) { r->set_request_id("é"); }, "request_id", "(byte 0)"},
      {TextRequest("a"), [](auto* r) { r->set_request_id("a\n"); }, "request_id", "\\n"},
  };
  for (const auto& test : cases) {
    v1::GenerateRequest request = test.request;
    if (test.change) test.change(&request);
    const absl::Status status = Validate(request).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    ASSERT_EQ(FieldViolations(status).size(), 1u) << status << " for " << test.field;
    EXPECT_EQ(FieldViolations(status)[0].field, test.field);
    EXPECT_THAT(FieldViolations(status)[0].description, HasSubstr(test.description));
  }
}

TEST(ValidationTest, LongestRequestFits) {
  v1::GenerateRequest request = TokensRequest(799);
  ASSERT_TRUE(Validate(request).ok());
  EXPECT_EQ(Validate(request)->request.stop.max_tokens, 1u);
  request = TextRequest("a");
  request.set_request_id(std::string(128, 'x'));
  EXPECT_TRUE(Validate(request).ok());
}

}  // namespace
}  // namespace baton
