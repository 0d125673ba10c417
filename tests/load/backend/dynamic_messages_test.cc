#include "tests/load/backend/dynamic_messages.h"

#include <thread>

#include "absl/strings/match.h"
#include "fake/generate.pb.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using google::protobuf::FileDescriptorSet;

FileDescriptorSet FakeFiles() {
  FileDescriptorSet files;
  fake::Usage::descriptor()->file()->CopyTo(files.add_file());
  fake::GenerateRequest::descriptor()->file()->CopyTo(files.add_file());
  return files;
}

DynamicMessagesOptions Options() {
  DynamicMessagesOptions options;
  options.method = "fake.Generator/Generate";
  options.request_json = R"({
      "text": "{prompt}", "tokens": {"ids": "{prompt_ids}"},
      "options": {"max_new_tokens": "{max_tokens}", "temperature": "{temperature}",
                  "seed": "{seed}", "ignoreEos": "{ignore_eos}", "tag": "request {index}"}})";
  options.text_field = "delta.pieces.text";
  options.token_field = "delta.pieces.token_ids";
  options.output_tokens_field = "finished.usage.completion_tokens";
  options.prompt_tokens_field = "finished.usage.prompt_tokens";
  options.finish_field = "finished.reason";
  return options;
}

std::unique_ptr<DynamicMessages> Create(const DynamicMessagesOptions& options = Options()) {
  auto messages = DynamicMessages::Create(options, FakeFiles());
  EXPECT_TRUE(messages.ok()) << messages.status();
  return *std::move(messages);
}

std::string Error(const DynamicMessagesOptions& options) {
  const absl::Status status = DynamicMessages::Create(options, FakeFiles()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

fake::GenerateRequest Serialise(const DynamicMessages& messages, const LoadRequest& request) {
  EXPECT_TRUE(messages.Check(request).ok());
  const auto bytes = messages.Serialise(request);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  fake::GenerateRequest message;
  EXPECT_TRUE(message.ParseFromString(*bytes));
  return message;
}

TEST(DynamicMessages, RequestsFromText) {
  LoadRequest request;
  request.index = 4;
  request.prompt = std::string("h\xc3\xa9llo \"you\"");
  request.max_tokens = 9;
  request.ignore_eos = true;
  request.sampling.seed = 18446744073709551615u;
  const fake::GenerateRequest message = Serialise(*Create(), request);
  EXPECT_EQ(message.text(), "h\xc3\xa9llo \"you\"");
  EXPECT_EQ(message.options().max_new_tokens(), 9);
  EXPECT_TRUE(message.options().ignore_eos());
  EXPECT_EQ(message.options().seed(), 18446744073709551615u);
  EXPECT_FALSE(message.options().has_temperature());
  EXPECT_EQ(message.options().tag(), "request 4");
}

TEST(DynamicMessages, RequestsFromTokenIds) {
  DynamicMessagesOptions options = Options();
  options.request_json = R"({"tokens": {"ids": "{prompt_ids}"},
                             "options": {"temperature": "{temperature}"}})";
  LoadRequest request;
  request.prompt = std::vector<uint32_t>{1, 4294967295u};
  request.sampling.temperature = 0.7;
  const fake::GenerateRequest message = Serialise(*Create(options), request);
  ASSERT_EQ(message.tokens().ids_size(), 2);
  EXPECT_EQ(message.tokens().ids(1), 4294967295u);
  EXPECT_EQ(message.options().temperature(), 0.7f);
}

TEST(DynamicMessages, RequestsFromConversations) {
  DynamicMessagesOptions options = Options();
  options.request_json = R"({"conversation": {"turns": "{messages}"}})";
  LoadRequest request;
  request.prompt = std::vector<ChatTurn>{{"user", "a"}, {"assistant", "b"}};
  const fake::GenerateRequest message = Serialise(*Create(options), request);
  ASSERT_EQ(message.conversation().turns_size(), 2);
  EXPECT_EQ(message.conversation().turns(1).role(), "assistant");
  EXPECT_EQ(message.conversation().turns(1).content(), "b");
}

TEST(DynamicMessages, ManyTokenIdsAreTheSameOnEitherWay) {
  LoadRequest request;
  request.index = 7;
  request.max_tokens = 5;
  request.sampling.seed = 3;
  std::vector<uint32_t> ids;
  for (uint32_t i = 0; i < 3000; ++i) ids.push_back(i * i);
  request.prompt = ids;
  DynamicMessagesOptions twice = Options();  // {prompt_ids} in two places goes through JSON
  twice.request_json.replace(twice.request_json.find("{index}"), 0, "{prompt_ids}");
  const fake::GenerateRequest fast = Serialise(*Create(), request);
  fake::GenerateRequest slow = Serialise(*Create(twice), request);
  EXPECT_GT(slow.options().tag().size(), 3000u);
  slow.mutable_options()->set_tag("request 7");
  EXPECT_EQ(fast.SerializeAsString(), slow.SerializeAsString());
  EXPECT_EQ(fast.tokens().ids_size(), 3000);
}

TEST(DynamicMessages, TheTemplateIsTriedAtOnce) {
  DynamicMessagesOptions options = Options();
  options.request_json = R"({"text": "{prompt}", "options": {"max_tokens": "{max_tokens}"}})";
  const std::string unknown = Error(options);
  EXPECT_TRUE(absl::StrContains(unknown, "fake.GenerateRequest")) << unknown;
  EXPECT_TRUE(absl::StrContains(unknown, "options")) << unknown;
  EXPECT_TRUE(absl::StrContains(unknown, "max_tokens: Cannot find field")) << unknown;
  options.request_json = R"({"text": "{prompt}", "options": {"max_new_tokens": "{prompt}"}})";
  const std::string type = Error(options);
  EXPECT_TRUE(absl::StrContains(type, "max_new_tokens")) << type;
}

TEST(DynamicMessages, ValuesThatDoNotFitAreTold) {
  LoadRequest request;
  request.prompt = std::string("x");
  request.max_tokens = 4294967295u;  // into an int32
  const absl::Status status = Create()->Serialise(request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "max_new_tokens")) << status.message();
}

TEST(DynamicMessages, PathErrorsNameTheOption) {
  DynamicMessagesOptions options = Options();
  options.text_field = "delta.text";
  EXPECT_EQ(Error(options),
            "text field: field path \"delta.text\": fake.Delta has no field \"text\"; it has "
            "pieces");
  options.text_field = options.token_field = "";
  EXPECT_EQ(Error(options),
            "neither a text field nor a token field of fake.GenerateResponse is named, so that no "
            "output would be seen; expected one or both");
}

TEST(DynamicMessages, AnswersAreRead) {
  const auto messages = Create();
  DynamicMessages::Scratch scratch = messages->NewScratch();
  fake::GenerateResponse response;
  fake::Piece* piece = response.mutable_delta()->add_pieces();
  piece->set_text("hi");
  piece->add_token_ids(5);
  ASSERT_TRUE(messages->Parse(response.SerializeAsString(), &scratch).ok());
  EXPECT_EQ(scratch.output.text, "hi");
  EXPECT_EQ(scratch.output.ids, std::vector<uint32_t>{5});
  EXPECT_EQ(scratch.output.tokens, 1u);
  EXPECT_EQ(scratch.output.output_tokens, absl::nullopt);
  EXPECT_EQ(scratch.output.finish, "");

  response.mutable_finished()->mutable_usage()->set_completion_tokens(1);
  response.mutable_finished()->set_reason(fake::REASON_STOP);
  ASSERT_TRUE(messages->Parse(response.SerializeAsString(), &scratch).ok());
  EXPECT_EQ(scratch.output.text, "");
  EXPECT_TRUE(scratch.output.ids.empty());
  EXPECT_EQ(scratch.output.tokens, 0u);
  EXPECT_EQ(scratch.output.output_tokens, 1u);
  EXPECT_EQ(scratch.output.prompt_tokens, 0u);
  EXPECT_EQ(scratch.output.cached_tokens, absl::nullopt);
  EXPECT_EQ(scratch.output.finish, "STOP");
}

TEST(DynamicMessages, WithoutATokenFieldTokensAreUnknown) {
  DynamicMessagesOptions options = Options();
  options.token_field = "";
  const auto messages = Create(options);
  DynamicMessages::Scratch scratch = messages->NewScratch();
  ASSERT_TRUE(messages->Parse("", &scratch).ok());
  EXPECT_EQ(scratch.output.tokens, absl::nullopt);
}

TEST(DynamicMessages, BytesThatAreNoAnswerAreDataLoss) {
  const auto messages = Create();
  DynamicMessages::Scratch scratch = messages->NewScratch();
  const absl::Status status = messages->Parse("\xff\xff", &scratch);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status.message(), "an answer of 2 bytes is no fake.GenerateResponse");
}

TEST(DynamicMessages, ManyThreads) {
  const auto messages = Create();
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&messages, t] {
      DynamicMessages::Scratch scratch = messages->NewScratch();
      fake::GenerateResponse response;
      response.mutable_delta()->add_pieces()->set_text(std::to_string(t));
      LoadRequest request;
      request.prompt = std::to_string(t);
      for (int i = 0; i < 200; ++i) {
        EXPECT_EQ(Serialise(*messages, request).text(), std::to_string(t));
        EXPECT_TRUE(messages->Parse(response.SerializeAsString(), &scratch).ok());
        EXPECT_EQ(scratch.output.text, std::to_string(t));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace baton
