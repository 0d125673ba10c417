#include "tests/load/backend/openai_events.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::HasSubstr;

constexpr OpenAiEndpoint kCompletions = OpenAiEndpoint::kCompletions;
constexpr OpenAiEndpoint kChat = OpenAiEndpoint::kChat;

OpenAiEvent Parse(OpenAiEndpoint endpoint, absl::string_view data) {
  const auto event = ParseOpenAiEvent(endpoint, data);
  EXPECT_TRUE(event.ok()) << event.status();
  return event.value_or(OpenAiEvent());
}

struct TokenCase {
  OpenAiEndpoint endpoint;
  std::string data;
  bool has_output;
  std::string text = "", finish_reason = "";
};

TEST(OpenAiEventsTest, WhatCountsAsOutput) {
  const std::vector<TokenCase> cases = {
      {kCompletions, R"({"choices":[{"index":0,"text":" a","finish_reason":null}]})", true, " a"},
      {kCompletions, R"({"choices":[{"text":"","finish_reason":"stop"}]})", false, "", "stop"},
      {kCompletions, R"({"choices":[{"text":"é\n\u00e9"},{"text":"b"}]})", true, "é\né"},
      {kCompletions, R"({"choices":[]})", false},
      {kCompletions, R"({"choices":[{"delta":{"content":"a"}}]})", true},
      {kCompletions, R"({"text":"a","content":"b"})", false},
      {kChat, R"({"choices":[{"delta":{"role":"assistant","content":""}}]})", false},
      {kChat, R"({"choices":[{"delta":{"role":"assistant"}}]})", false},
      {kChat, R"({"choices":[{"delta":{"role":"assistant","content":"a"}}]})", true, "a"},
      {kChat, R"({"choices":[{"delta":{"role":null,"content":""}}]})", true},
      {kChat, R"({"choices":[{"delta":{"content":"a"},"finish_reason":null}]})", true, "a"},
      {kChat, R"({"choices":[{"delta":{"content":null}}]})", false},
      {kChat, R"({"choices":[{"delta":{},"finish_reason":"length"}]})", false, "", "length"},
      {kChat, R"({"choices":[{"delta":{"reasoning":"hm"}}]})", true},
      {kChat, R"({"choices":[{"delta":{"reasoning_content":"hm","content":null}}]})", true},
      {kChat, R"({"choices":[{"delta":{"role":"assistant","reasoning_content":""}}]})", false},
      {kChat, R"({"choices":[{"delta":{"tool_calls":[{"function":{"name":"f"}}]}}]})", true},
      {kChat, R"({"choices":[{"delta":{"tool_calls":[]}}]})", false},
      {kChat, R"({"choices":[{"delta":{"function_call":{"name":"f"}}}]})", true},
      {kChat, R"({"choices":[{"delta":{"function_call":{}}}]})", false},
      {kChat, R"({"choices":[{"text":"a"}]})", false},
      {kChat, R"({"choices":[{"logprobs":{"content":[{"content":"x"}]},"delta":{"content":"a"}}]})",
       true, "a"},
      {kChat, R"({"choices":[{"delta":{}},{"delta":{"content":"b"}}]})", false},
      {kChat, R"({})", false},
  };
  for (const TokenCase& c : cases) {
    const OpenAiEvent event = Parse(c.endpoint, c.data);
    EXPECT_EQ(event.has_output, c.has_output) << c.data;
    EXPECT_EQ(event.text, c.text) << c.data;
    EXPECT_EQ(event.finish_reason, c.finish_reason) << c.data;
    EXPECT_FALSE(event.done || event.usage || event.error || event.timings) << c.data;
  }
}

TEST(OpenAiEventsTest, Done) {
  EXPECT_TRUE(Parse(kChat, "[DONE]").done);
  EXPECT_TRUE(Parse(kCompletions, " [DONE] ").done);
}

TEST(OpenAiEventsTest, UsageWithAndWithoutChoices) {
  const std::string usage =
      R"("usage":{"prompt_tokens":7,"total_tokens":10,"completion_tokens":3,)"
      R"("prompt_tokens_details":{"audio_tokens":1,"cached_tokens":4},"completion_tokens_details":null})";
  for (const absl::string_view rest : {R"("choices":[])", R"("choices":[{"text":"a"}])"}) {
    const OpenAiEvent event = Parse(kCompletions, absl::StrCat("{", rest, ",", usage, "}"));
    ASSERT_TRUE(event.usage) << rest;
    EXPECT_EQ(event.usage->prompt_tokens, 7u);
    EXPECT_EQ(event.usage->completion_tokens, 3u);
    EXPECT_EQ(event.usage->cached_tokens, 4u);
  }
  EXPECT_FALSE(Parse(kChat, R"({"usage":null})").usage);
}

TEST(OpenAiEventsTest, CountsOutOfRangeAreAbsent) {
  const OpenAiEvent event = Parse(kChat, R"({"usage":{"prompt_tokens":-1,"completion_tokens":1e99,)"
                                         R"("prompt_tokens_details":{"cached_tokens":1.5}}})");
  ASSERT_TRUE(event.usage);
  EXPECT_FALSE(event.usage->prompt_tokens || event.usage->completion_tokens);
  EXPECT_FALSE(event.usage->cached_tokens);
}

TEST(OpenAiEventsTest, LlamaTimings) {
  const OpenAiEvent event =
      Parse(kChat, R"({"choices":[],"timings":{"cache_n":5,"prompt_n":2,"prompt_ms":12.5,)"
                   R"("prompt_per_second":1.0,"predicted_n":9,"predicted_ms":80}})");
  ASSERT_TRUE(event.timings);
  EXPECT_EQ(event.timings->prompt_ms, 12.5);
  EXPECT_EQ(event.timings->predicted_ms, 80.0);
  EXPECT_EQ(event.timings->prompt_n, 2u);
  EXPECT_EQ(event.timings->predicted_n, 9u);
  EXPECT_EQ(event.timings->cache_n, 5u);
}

TEST(OpenAiEventsTest, Errors) {
  for (const absl::string_view data :
       {R"({"error":{"message":"full","type":"overloaded","param":null,"code":503}})",
        R"({"object":"error","message":"full","type":"overloaded","code":503})"}) {
    const OpenAiEvent event = Parse(kChat, data);
    ASSERT_TRUE(event.error) << data;
    EXPECT_EQ(event.error->message, "full");
    EXPECT_EQ(event.error->type, "overloaded");
    EXPECT_EQ(event.error->code, "503");
    EXPECT_FALSE(event.has_output);
  }
  EXPECT_EQ(Parse(kChat, R"({"error":"bad"})").error->message, "bad");
  EXPECT_EQ(Parse(kChat, R"({"error":{"code":"full_up"}})").error->code, "full_up");
  EXPECT_FALSE(Parse(kChat, R"({"error":null,"object":"x","message":"y"})").error);
}

TEST(OpenAiEventsTest, ErrorBodies) {
  const OpenAiError error =
      ParseOpenAiError(R"({"error":{"message":"no","type":"NotFoundError","code":404}})");
  EXPECT_EQ(error.message, "no");
  EXPECT_EQ(error.type, "NotFoundError");
  EXPECT_EQ(ParseOpenAiError(" Service Unavailable\n").message, "Service Unavailable");
  EXPECT_EQ(ParseOpenAiError(R"({"detail":"Not Found"})").message, R"({"detail":"Not Found"})");
  EXPECT_EQ(ParseOpenAiError("").message, "");
  EXPECT_EQ(ParseOpenAiError(std::string(10000, 'x')).message.size(), 300u);
}

TEST(OpenAiEventsTest, WhatIsNoJsonObjectIsNamed) {
  for (const absl::string_view data : {"", "nonsense", "{", R"({"choices":[)", "[]", "7", R"("x")",
                                       "{} {}", "null", "{\"choices\":[{\"text\":\"\xff\"}]}"}) {
    const auto event = ParseOpenAiEvent(kCompletions, data);
    EXPECT_FALSE(event.ok()) << data;
    EXPECT_THAT(event.status().message(), HasSubstr(data)) << data;
  }
  EXPECT_FALSE(ParseOpenAiEvent(kChat, std::string(100000, '[')).ok());
  std::string deep = R"({"x":)";
  deep += std::string(100000, '[') + std::string(100000, ']') + "}";
  EXPECT_TRUE(ParseOpenAiEvent(kChat, deep).ok());
}

TEST(OpenAiEventsTest, MembersOfTheWrongTypeAreSkipped) {
  for (const absl::string_view data :
       {R"({"choices":7})", R"({"choices":["a",1]})", R"({"choices":{"text":"a"}})",
        R"({"usage":[1,2],"timings":"x","error":5})",
        R"({"choices":[[{"text":"a","delta":{"content":"b"}}]]})",
        R"({"x":{"choices":[{"delta":{"content":"b"}}],"usage":{"prompt_tokens":1}}})"}) {
    const OpenAiEvent event = Parse(kChat, data);
    EXPECT_FALSE(event.has_output || event.usage || event.error) << data;
    EXPECT_FALSE(Parse(kCompletions, data).has_output) << data;
  }
}

}  // namespace
}  // namespace baton
