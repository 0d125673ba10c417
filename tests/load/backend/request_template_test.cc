#include "tests/load/backend/request_template.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

LoadRequest Text(std::string text) {
  LoadRequest request;
  request.index = 3;
  request.prompt = std::move(text);
  request.max_tokens = 16;
  return request;
}

LoadRequest Ids(std::vector<uint32_t> ids) {
  LoadRequest request;
  request.prompt = std::move(ids);
  return request;
}

LoadRequest Chat() {
  LoadRequest request;
  request.prompt = std::vector<ChatTurn>{{"system", "Be brief."}, {"user", "Hi"}};
  return request;
}

std::string Fill(absl::string_view json, const LoadRequest& request) {
  const auto parsed = RequestTemplate::Parse(json);
  if (!parsed.ok()) return parsed.status().ToString();
  const absl::Status status = parsed->Check(request);
  return status.ok() ? parsed->Fill(request) : status.ToString();
}

TEST(RequestTemplate, APlaceholderAloneBecomesItsValue) {
  LoadRequest request = Text("say \"hi\"");
  request.ignore_eos = true;
  request.sampling.seed = 18446744073709551615u;
  request.sampling.temperature = 0.7;
  EXPECT_EQ(Fill(R"({"p": "{prompt}", "o": {"max": "{max_tokens}", "eos": "{ignore_eos}",
                     "seed": "{seed}", "t": "{temperature}", "i": "{index}"}})",
                 request),
            R"({"o":{"eos":true,"i":3,"max":16,"seed":18446744073709551615,"t":0.7},)"
            R"("p":"say \"hi\""})");
  EXPECT_EQ(Fill(R"({"ids": "{prompt_ids}"})", Ids({1, 2})), R"({"ids":[1,2]})");
  EXPECT_EQ(Fill(R"({"m": "{messages}"})", Chat()),
            R"({"m":[{"content":"Be brief.","role":"system"},{"content":"Hi","role":"user"}]})");
}

TEST(RequestTemplate, InALongerStringItIsText) {
  EXPECT_EQ(Fill(R"({"p": ["Q: {prompt}\nA:", "r{index} of {max_tokens}"]})", Text("why?")),
            R"({"p":["Q: why?\nA:","r3 of 16"]})");
  EXPECT_EQ(Fill(R"({"p": "ids {prompt_ids}"})", Ids({1, 2})), R"({"p":"ids [1,2]"})");
}

TEST(RequestTemplate, WhatIsPutInIsNotReadAgain) {
  EXPECT_EQ(Fill(R"({"p": "<{prompt}>"})", Text("{index}{prompt}")),
            R"({"p":"<{index}{prompt}>"})");
}

TEST(RequestTemplate, TheUnsetIsLeftOut) {
  EXPECT_EQ(Fill(R"({"p": "{prompt}", "o": {"o": {"seed": "{seed}", "k": "k {top_k}"}}, "e": {},
                     "a": [1, "{top_p}", 2], "ids": "{prompt_ids}"})",
                 Text("x")),
            R"({"a":[1,2],"e":{},"p":"x"})");
}

TEST(RequestTemplate, OtherBracesAndValuesStay) {
  EXPECT_EQ(Fill(R"({"p": "{prompt}", "s": "{} {A} {a1} { {\"a\": 1} {x", "n": null, "b": true})",
                 Text("x")),
            R"({"b":true,"n":null,"p":"x","s":"{} {A} {a1} { {\"a\": 1} {x"})");
  EXPECT_EQ(Fill(R"({"p": "{{prompt}}"})", Text("x")), R"({"p":"{x}"})");
}

TEST(RequestTemplate, TextIsAUsersMessageWhereThereIsNoPrompt) {
  EXPECT_EQ(Fill(R"({"m": "{messages}"})", Text("Hi")),
            R"({"m":[{"content":"Hi","role":"user"}]})");
  EXPECT_EQ(Fill(R"({"m": "{messages}", "p": "{prompt}"})", Text("Hi")), R"({"p":"Hi"})");
}

TEST(RequestTemplate, BytesThatAreNotUtf8DoNotThrow) {
  EXPECT_TRUE(absl::StrContains(Fill(R"({"p": "{prompt}"})", Text("a\xff")), "\xef\xbf\xbd"));
}

TEST(RequestTemplate, PromptsThatItCanNotExpressAreRefused) {
  EXPECT_EQ(Fill(R"({"p": "{prompt}", "m": "{max_tokens}"})", Ids({1})),
            "INVALID_ARGUMENT: the prompt is token ids, for which the request template has no "
            "{prompt_ids}; it has {max_tokens}, {prompt}");
  EXPECT_EQ(Fill(R"({"p": "{prompt_ids}"})", Text("x")),
            "INVALID_ARGUMENT: the prompt is text, for which the request template has no {prompt} "
            "or {messages}; it has {prompt_ids}");
  EXPECT_TRUE(absl::StrContains(Fill(R"({"p": "{prompt}"})", Chat()), "a conversation"));
}

TEST(RequestTemplate, KnowsWhereTheIdsAre) {
  const auto path = [](absl::string_view json) { return RequestTemplate::Parse(json)->IdsPath(); };
  EXPECT_EQ(path(R"({"a": {"x": 1}, "b": {"c": "{prompt_ids}"}})"),
            (std::vector<std::string>{"b", "c"}));
  EXPECT_TRUE(path(R"({"p": "{prompt}"})").empty());
  EXPECT_TRUE(path(R"({"b": "{prompt_ids}", "c": "ids {prompt_ids}"})").empty());
  EXPECT_TRUE(path(R"({"b": "ids {prompt_ids}"})").empty());
  EXPECT_TRUE(path(R"({"b": [{"c": "{prompt_ids}"}]})").empty());
}

TEST(RequestTemplate, WhatIsWrongWithIt) {
  EXPECT_EQ(RequestTemplate::Parse("{\"p\": {prompt}}").status().message(),
            "the request template is not JSON at byte 8: {\"p\": {prompt}}");
  EXPECT_EQ(RequestTemplate::Parse("[\"{prompt}\"]").status().message(),
            "the request template is array; expected a JSON object");
  EXPECT_EQ(RequestTemplate::Parse("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(RequestTemplate::Parse(R"({"p": "{prompt}", "m": "{max_token}"})").status().message(),
            "the request template has the unknown placeholder {max_token}; there are {prompt}, "
            "{prompt_ids}, {messages}, {max_tokens}, {ignore_eos}, {seed}, {temperature}, {top_p}, "
            "{top_k}, {index}");
  EXPECT_EQ(RequestTemplate::Parse(R"({"m": "{max_tokens}"})").status().message(),
            "the request template has no placeholder for a prompt; expected one of {prompt}, "
            "{prompt_ids}, {messages}");
}

}  // namespace
}  // namespace baton
