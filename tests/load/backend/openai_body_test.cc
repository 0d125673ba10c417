#include "tests/load/backend/openai_body.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr OpenAiEndpoint kCompletions = OpenAiEndpoint::kCompletions;
constexpr OpenAiEndpoint kChat = OpenAiEndpoint::kChat;

LoadRequest Ask(LoadPrompt prompt, uint32_t max_tokens = 8) {
  LoadRequest request;
  request.prompt = std::move(prompt);
  request.max_tokens = max_tokens;
  return request;
}

json Body(OpenAiEndpoint endpoint, const LoadRequest& request, const json& extra = nullptr) {
  return json::parse(OpenAiBody(endpoint, "m", request, extra));
}

TEST(OpenAiBodyTest, Completions) {
  EXPECT_EQ(Body(kCompletions, Ask(std::string("hi"))), json::parse(R"({"model": "m",
      "prompt": "hi", "max_tokens": 8, "stream": true, "stream_options": {"include_usage": true}})"));
  EXPECT_EQ(Body(kCompletions, Ask(std::vector<uint32_t>{3, 1}))["prompt"], json({3, 1}));
}

TEST(OpenAiBodyTest, Chat) {
  const std::vector<ChatTurn> turns = {{"system", "be"}, {"user", "a"}};
  EXPECT_EQ(Body(kChat, Ask(turns)), json::parse(R"({"model": "m",
      "messages": [{"role": "system", "content": "be"}, {"role": "user", "content": "a"}],
      "max_completion_tokens": 8, "stream": true,
      "stream_options": {"include_usage": true}})"));
  EXPECT_EQ(Body(kChat, Ask(std::string("hi")))["messages"],
            json::parse(R"([{"role": "user", "content": "hi"}])"));
}

TEST(OpenAiBodyTest, SamplingThatIsSetIsSent) {
  LoadRequest request = Ask(std::string("hi"));
  request.ignore_eos = true;
  request.sampling.temperature = 0;
  request.sampling.top_p = 0.5;
  request.sampling.min_p = 0.25;
  request.sampling.top_k = 4;
  request.sampling.repetition_penalty = 1.5;
  request.sampling.presence_penalty = -1;
  request.sampling.frequency_penalty = 2;
  request.sampling.seed = 18446744073709551615u;
  json body = Body(kCompletions, request);
  for (const char* name : {"model", "prompt", "max_tokens", "stream", "stream_options"}) {
    body.erase(name);
  }
  EXPECT_EQ(body, json::parse(R"({"ignore_eos": true, "temperature": 0.0, "top_p": 0.5,
      "min_p": 0.25, "top_k": 4, "repetition_penalty": 1.5, "presence_penalty": -1.0,
      "frequency_penalty": 2.0, "seed": 18446744073709551615})"));
}

TEST(OpenAiBodyTest, ExtraMembersComeLast) {
  const json body = Body(kCompletions, Ask(std::string("hi")),
                         json::parse(R"({"max_tokens": 2, "n": 1, "stream_options": null})"));
  EXPECT_EQ(body["max_tokens"], 2);
  EXPECT_EQ(body["n"], 1);
  EXPECT_TRUE(body["stream_options"].is_null());
  EXPECT_EQ(body["model"], "m");
}

TEST(OpenAiBodyTest, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(Body(kCompletions, Ask(std::string("é\xff")))["prompt"], "é\ufffd");
}

TEST(OpenAiBodyTest, PromptsThatDoNotFitTheEndpoint) {
  const LoadPrompt text = std::string("a"), ids = std::vector<uint32_t>{1},
                   turns = std::vector<ChatTurn>{{"user", "a"}};
  EXPECT_TRUE(CheckOpenAiPrompt(kCompletions, text).ok());
  EXPECT_TRUE(CheckOpenAiPrompt(kCompletions, ids).ok());
  EXPECT_TRUE(CheckOpenAiPrompt(kChat, text).ok());
  EXPECT_TRUE(CheckOpenAiPrompt(kChat, turns).ok());
  EXPECT_THAT(CheckOpenAiPrompt(kChat, ids).message(), HasSubstr("token ids"));
  EXPECT_THAT(CheckOpenAiPrompt(kCompletions, turns).message(), HasSubstr("conversation"));
}

}  // namespace
}  // namespace baton
