// generate, chat, status and tokenize against a real gRPC server with fake services behind it.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/fake_services.h"
#include "common/error_details.h"
#include "common/status_mapping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "main/cmd_chat.h"
#include "main/cmd_generate.h"
#include "main/cmd_status.h"
#include "main/cmd_tokenize.h"
#include "main/command.h"
#include "main/exit_code.h"
#include "main/generation.h"
#include "main/request_flags.h"
#include "nlohmann/json.hpp"
#include "server/grpc_server.h"

namespace baton {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class CommandsTest : public testing::Test {
 protected:
  CommandsTest() {
    cluster_.response = OneReadyGroup();
    GrpcServerOptions options;
    options.listen = "127.0.0.1:0";
    server_ = *GrpcServer::Create(options, {{"baton.v1.InferenceService", &inference_},
                                            {"baton.v1.ClusterService", &cluster_}});
    address_ = absl::StrCat("127.0.0.1:", server_->port());
    generate_.request.server = chat_.request.server = address_;
    generate_.prompt = "hi";
  }

  int Generate(const std::string& in = "") {
    std::istringstream input(in);
    return RunGenerate(generate_, input, out_, err_, &active_);
  }

  int Chat(const std::string& in) {
    std::istringstream input(in);
    return RunChat(chat_, input, out_, err_, [](std::function<void()>) {});
  }

  FakeInferenceService inference_;
  FakeClusterService cluster_;
  std::unique_ptr<GrpcServer> server_;
  std::string address_;
  GenerateOptions generate_;
  ChatOptions chat_;
  ActiveCalls active_;
  std::ostringstream out_, err_;
};

TEST_F(CommandsTest, GenerateStreamsTextAndPrintsFigures) {
  EXPECT_EQ(Generate(), kExitOk);
  EXPECT_EQ(out_.str(), "Hello, world\n");
  EXPECT_THAT(err_.str(), MatchesRegex("prompt 5 tokens, output 3 tokens, first token [0-9.]+ ms, "
                                       "[0-9.]+ tok/s, group g0 \\(tp 2 x pp 1\\)\n"));
}

TEST_F(CommandsTest, GenerateSendsWhatWasAskedFor) {
  generate_.request.model = "fake";
  generate_.request.max_tokens = 5;
  generate_.request.temperature = 0.5f;
  generate_.request.top_k = 3;
  generate_.request.top_p = 0.9f;
  generate_.request.seed = 1;
  generate_.request.stop = {"a", "b"};
  generate_.request.system = "be nice";
  generate_.request.ignore_eos = generate_.request.include_stop = true;
  generate_.request.min_tokens = 2;
  generate_.request.min_p = 0.1f;
  generate_.request.repetition_penalty = 1.1f;
  generate_.request.presence_penalty = -0.5f;
  generate_.request.frequency_penalty = 0.25f;
  generate_.request.logit_bias = {{7, -1.5f}};
  generate_.request.allowed_token_ids = {7, 8};
  generate_.request.bad_words = {"darn"};
  generate_.request.priority = -3;
  generate_.request.cache_salt = "salt";
  generate_.chat = generate_.parse_special = generate_.echo = true;
  generate_.n = 2;
  generate_.best_of = 3;
  generate_.logprobs = 0;
  generate_.prompt_logprobs = 4;
  EXPECT_EQ(Generate(), kExitOk);
  const v1::GenerateRequest request = inference_.requests().at(0);
  EXPECT_EQ(request.model(), "fake");
  EXPECT_EQ(request.stop().max_tokens(), 5u);
  EXPECT_EQ(request.stop().strings_size(), 2);
  EXPECT_TRUE(request.stop().ignore_eos());
  EXPECT_FLOAT_EQ(request.sampling().temperature(), 0.5f);
  EXPECT_EQ(request.sampling().top_k(), 3u);
  EXPECT_FLOAT_EQ(request.sampling().top_p(), 0.9f);
  EXPECT_EQ(request.sampling().seed(), 1u);
  EXPECT_TRUE(request.stop().include_stop_string());
  EXPECT_EQ(request.stop().min_tokens(), 2u);
  EXPECT_FLOAT_EQ(request.sampling().min_p(), 0.1f);
  EXPECT_FLOAT_EQ(request.sampling().repetition_penalty(), 1.1f);
  EXPECT_FLOAT_EQ(request.sampling().presence_penalty(), -0.5f);
  EXPECT_FLOAT_EQ(request.sampling().frequency_penalty(), 0.25f);
  EXPECT_FLOAT_EQ(request.sampling().logit_bias().at(7), -1.5f);
  EXPECT_EQ(request.sampling().allowed_token_ids_size(), 2);
  EXPECT_EQ(request.sampling().bad_words(0), "darn");
  EXPECT_EQ(request.priority(), -3);
  EXPECT_EQ(request.cache_salt(), "salt");
  EXPECT_EQ(request.n(), 2u);
  EXPECT_EQ(request.best_of(), 3u);
  EXPECT_EQ(request.prompt_logprobs(), 4u);
  EXPECT_TRUE(request.echo());
  EXPECT_TRUE(request.parse_special());
  EXPECT_TRUE(request.has_logprobs());
  ASSERT_EQ(request.chat().messages_size(), 2);
  EXPECT_EQ(request.chat().messages(0).role(), "system");
  EXPECT_EQ(request.chat().messages(1).content(), "hi");
}

TEST_F(CommandsTest, GenerateLeavesDefaultsToTheServer) {
  EXPECT_EQ(Generate(), kExitOk);
  const v1::GenerateRequest request = inference_.requests().at(0);
  EXPECT_EQ(request.text(), "hi");
  EXPECT_FALSE(request.stop().has_max_tokens());
  EXPECT_FALSE(request.sampling().has_temperature());
  EXPECT_FALSE(request.sampling().has_seed());
  EXPECT_FALSE(request.has_logprobs());
  EXPECT_FALSE(request.has_n() || request.has_best_of() || request.has_prompt_logprobs());
  EXPECT_FALSE(request.sampling().has_min_p() || request.sampling().has_repetition_penalty());
  EXPECT_FALSE(request.stop().has_min_tokens() || request.stop().ignore_eos());
}

TEST_F(CommandsTest, GenerateTellsWhatWasCached) {
  inference_.cached_tokens = 4;
  EXPECT_EQ(Generate(), kExitOk);
  EXPECT_THAT(err_.str(), StartsWith("prompt 5 tokens (4 cached), output 3 tokens"));
  generate_.json = true;
  out_.str("");
  EXPECT_EQ(Generate(), kExitOk);
  EXPECT_EQ(nlohmann::json::parse(out_.str())["usage"]["cached_tokens"], 4);
}

TEST_F(CommandsTest, GenerateTellsWhatCutAnAnswerOff) {
  inference_.reason = v1::FINISH_REASON_DEADLINE;
  EXPECT_EQ(Generate(), kExitOk);
  EXPECT_THAT(err_.str(), HasSubstr(", output 3 tokens (cut off by the deadline), first token "));
  err_.str("");
  inference_.reason = v1::FINISH_REASON_DRAIN;
  EXPECT_EQ(Generate(), kExitOk);
  EXPECT_THAT(err_.str(),
              HasSubstr(", output 3 tokens (cut off: the server is shutting down), first token "));
  EXPECT_EQ(Chat("hello\n"), kExitOk);
  EXPECT_THAT(err_.str(), HasSubstr("[prompt 5 tokens, output 3 tokens (cut off: "));
}

TEST_F(CommandsTest, GenerateCountsAllThatWasGeneratedToChooseFrom) {
  generate_.n = 2;
  generate_.best_of = 6;
  EXPECT_EQ(Generate(), kExitOk);
  EXPECT_THAT(err_.str(), MatchesRegex("prompt 5 tokens, output 6 tokens of 18 generated, all "
                                       "after [0-9.]+ ms, [0-9.]+ tok/s generated, group .*\n"));
}

TEST(GenerationTest, ARankedOnesRateIsOverTheWholeTime) {
  Generation generation;
  generation.ranked = true;
  generation.finished.mutable_usage()->set_output_tokens(240);
  generation.first_token = absl::Milliseconds(1999);
  generation.total = absl::Seconds(2);
  EXPECT_DOUBLE_EQ(generation.TokensPerSecond(), 120);
}

TEST(FiguresLineTest, TellsIfAnyOfSeveralChoicesWasCutOff) {
  Generation generation;
  generation.choices[0].finished.set_reason(v1::FINISH_REASON_STOP);
  generation.choices[1].finished.set_reason(v1::FINISH_REASON_DEADLINE);
  generation.finished.set_reason(v1::FINISH_REASON_STOP);
  EXPECT_THAT(FiguresLine(generation, ""), HasSubstr("(cut off by the deadline)"));
}

TEST_F(CommandsTest, GenerateWritesChoicesOneAfterTheOther) {
  generate_.n = 2;
  generate_.echo = true;
  EXPECT_EQ(Generate(), kExitOk);
  EXPECT_EQ(out_.str(),
            "the prompt\n"
            "=== choice 0 (length, 3 tokens) ===\n0Hello, world\n"
            "=== choice 1 (length, 3 tokens) ===\n1Hello, world\n");
  EXPECT_THAT(err_.str(), StartsWith("prompt 5 tokens, output 6 tokens"));
}

TEST_F(CommandsTest, GenerateEchoesThePromptBeforeTheAnswer) {
  generate_.echo = true;
  inference_.pieces = {" and more"};
  EXPECT_EQ(Generate(), kExitOk);
  EXPECT_EQ(out_.str(), "the prompt and more\n");
}

TEST_F(CommandsTest, GenerateJsonHasChoicesAndThePrompt) {
  generate_.json = true;
  generate_.n = 2;
  generate_.logprobs = generate_.prompt_logprobs = 0;
  EXPECT_EQ(Generate(), kExitOk);
  const auto json = nlohmann::json::parse(out_.str());
  EXPECT_FALSE(json.contains("text") || json.contains("line"));
  ASSERT_EQ(json["choices"].size(), 2u);
  const auto& choice = json["choices"][1];
  EXPECT_EQ(choice["choice"], 1);
  EXPECT_EQ(choice["text"], "1Hello, world");
  EXPECT_EQ(choice["token_ids"], nlohmann::json({100, 101, 102}));
  EXPECT_EQ(choice["logprobs"].size(), 3u);
  EXPECT_EQ(choice["finish_reason"], "length");
  EXPECT_EQ(choice["output_tokens"], 3);
  EXPECT_EQ(choice["cumulative_logprob"], -1.5);
  EXPECT_EQ(json["usage"]["output_tokens"], 6);
  EXPECT_EQ(json["prompt"]["token_ids"], nlohmann::json({1, 2}));
  EXPECT_TRUE(json["prompt"]["logprobs"][0].is_null());
  EXPECT_EQ(json["prompt"]["logprobs"][1]["logprob"], -2.5);
}

TEST_F(CommandsTest, GenerateFromTokensAndStandardInput) {
  generate_.tokens = "1,22,333";
  EXPECT_EQ(Generate(), kExitOk);
  EXPECT_EQ(inference_.requests().at(0).tokens().ids(2), 333u);
  generate_.tokens = "";
  generate_.prompt = "-";
  EXPECT_EQ(Generate("two\nlines"), kExitOk);
  EXPECT_EQ(inference_.requests().at(1).text(), "two\nlines");
}

TEST_F(CommandsTest, GenerateRefusesBadInputBeforeItConnects) {
  generate_.request.server = "127.0.0.1:1";
  generate_.tokens = "1,x";
  EXPECT_EQ(Generate(), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--tokens: \"x\" is not a token id"));
  generate_.tokens = "";
  generate_.file = "/no/such/file";
  EXPECT_EQ(Generate(), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--file /no/such/file: can not be read"));
  generate_.file = "/";
  EXPECT_EQ(Generate(), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--file /: can not be read; is it a file?"));
}

TEST_F(CommandsTest, GenerateRefusesFlagsThatWouldChangeNothing) {
  generate_.request.server = "127.0.0.1:1";
  generate_.request.system = "be nice";
  EXPECT_EQ(Generate(), kExitUsage);
  EXPECT_EQ(err_.str(),
            "baton generate: --system needs --chat: only a chat has a system message\n");
  err_.str("");
  generate_.chat = true;
  generate_.tokens = "1,2";
  EXPECT_EQ(Generate(), kExitUsage);
  EXPECT_EQ(err_.str(), "baton generate: --chat needs a prompt of text, not token ids\n");
}

TEST_F(CommandsTest, TextThatIsNotUtf8IsRefusedBeforeItIsSent) {
  const std::string where = ": not valid UTF-8: byte 0xff at offset 2 of 4\n";
  generate_.prompt = "ab\xff.";
  EXPECT_EQ(Generate(), kExitUsage);
  EXPECT_EQ(err_.str(), "baton generate: PROMPT" + where);
  generate_.prompt = "-";
  err_.str("");
  EXPECT_EQ(Generate("ab\xff."), kExitUsage);
  EXPECT_EQ(err_.str(), "baton generate: standard input" + where);
  generate_.file = "-";
  err_.str("");
  EXPECT_EQ(Generate("fine\n\nab\xff.\n"), kExitUsage);
  EXPECT_EQ(err_.str(), "baton generate: --file line 3" + where);
  generate_.request.stop = {"fine", "ab\xff."};
  err_.str("");
  EXPECT_EQ(Generate("fine\n"), kExitUsage);
  EXPECT_EQ(err_.str(), "baton generate: --stop" + where);
  err_.str("");
  EXPECT_EQ(Chat("fine\nab\xff.\nfine\n"), kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("baton chat: the message" + where));
  EXPECT_EQ(inference_.requests().size(), 2u) << "of the chat, which goes on";
  chat_.request.system = "ab\xff.";
  err_.str("");
  EXPECT_EQ(Chat("fine\n"), kExitUsage);
  EXPECT_EQ(err_.str(), "baton chat: --system" + where);
  TokenizeOptions tokenize;
  tokenize.server = address_;
  tokenize.text = "ab\xff.";
  std::istringstream no_input;
  err_.str("");
  EXPECT_EQ(RunTokenize(tokenize, no_input, out_, err_), kExitUsage);
  EXPECT_EQ(err_.str(), "baton tokenize: TEXT" + where);
}

TEST_F(CommandsTest, GenerateRunsAFileInOrder) {
  generate_.file = "-";
  generate_.concurrency = 4;
  EXPECT_EQ(Generate("one\ntwo\n\nthree\nfour\nfive\n"), kExitOk);
  EXPECT_EQ(inference_.requests().size(), 5u);
  EXPECT_EQ(out_.str(),
            "=== line 1 ===\nHello, world\n=== line 2 ===\nHello, world\n"
            "=== line 4 ===\nHello, world\n=== line 5 ===\nHello, world\n"
            "=== line 6 ===\nHello, world\n");
  EXPECT_THAT(err_.str(), HasSubstr("line 4: prompt 5 tokens, output 3 tokens"));
  EXPECT_THAT(err_.str(), HasSubstr("5 prompts, 0 failed, output 15 tokens in "));
}

TEST_F(CommandsTest, GenerateSaysOfWhichLineAnAnswerIs) {
  generate_.file = "-";
  EXPECT_EQ(Generate("one\n\nthree\n"), kExitOk);  // one at a time: they are streamed
  EXPECT_EQ(out_.str(), "=== line 1 ===\nHello, world\n=== line 3 ===\nHello, world\n");
  out_.str("");
  EXPECT_EQ(Generate("\nalone\n"), kExitOk);
  EXPECT_EQ(out_.str(), "Hello, world\n");
  out_.str("");
  generate_.n = 2;
  EXPECT_EQ(Generate("one\n\nthree\n"), kExitOk);
  EXPECT_THAT(out_.str(), HasSubstr("=== line 3 ===\n=== choice 0 (length, 3 tokens) ===\n"));
  generate_.n.reset();
  err_.str("");
  inference_.status = grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "too long");
  EXPECT_EQ(Generate("one\n\nthree\n"), kExitRefused);
  EXPECT_THAT(err_.str(), HasSubstr("baton generate: line 3: too long\n"));
}

TEST_F(CommandsTest, GenerateRunsAFileOfTokenIds) {
  generate_.token_file = "-";
  EXPECT_EQ(Generate("1,2,3\n\n7\n"), kExitOk);
  ASSERT_EQ(inference_.requests().size(), 2u);
  EXPECT_EQ(inference_.requests()[0].tokens().ids_size(), 3);
  EXPECT_EQ(inference_.requests()[1].tokens().ids(0), 7u);
  EXPECT_EQ(Generate("1,2\n3,x\n"), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--token-file line 2: \"x\" is not a token id"));
}

TEST_F(CommandsTest, GenerateJsonIsOneObjectAPrompt) {
  generate_.file = "-";
  generate_.json = true;
  generate_.logprobs = 0;
  EXPECT_EQ(Generate("one\n\nthree\n"), kExitOk);
  std::istringstream lines(out_.str());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json["index"], count);
    EXPECT_EQ(json["line"], count == 0 ? 1 : 3);
    EXPECT_EQ(json["text"], "Hello, world");
    EXPECT_EQ(json["token_ids"], nlohmann::json({100, 101, 102}));
    EXPECT_EQ(json["finish_reason"], "stop");
    EXPECT_EQ(json["usage"]["output_tokens"], 3);
    EXPECT_EQ(json["seed"], 7);
    EXPECT_EQ(json["logprobs"].size(), 3u);
    EXPECT_DOUBLE_EQ(json["timings"]["first_token_seconds"], 0.045);
  }
  EXPECT_EQ(count, 2);
}

TEST_F(CommandsTest, GenerateTellsWhyItWasRefused) {
  inference_.status = ToGrpcStatus(InvalidField("sampling.top_p", "2 is not in (0, 1]"));
  EXPECT_EQ(Generate(), kExitRefused);
  EXPECT_EQ(err_.str(), "baton generate: sampling.top_p: 2 is not in (0, 1]\n");
  generate_.json = true;
  EXPECT_EQ(Generate(), kExitRefused);
  const auto json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json["error"]["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(json["error"]["fields"][0]["field"], "sampling.top_p");
}

TEST_F(CommandsTest, GenerateTellsWhenToTryAgain) {
  inference_.status = ToGrpcStatus(
      WithRetryAfter(absl::ResourceExhaustedError("the queue is full"), absl::Seconds(3)));
  EXPECT_EQ(Generate(), kExitRefused);
  EXPECT_EQ(err_.str(), "baton generate: the queue is full (try again in 3.0 s)\n");
}

TEST_F(CommandsTest, GenerateWithoutAServer) {
  generate_.request.server = "127.0.0.1:1";
  EXPECT_EQ(Generate(), kExitUnavailable);
  EXPECT_EQ(err_.str(), "baton generate: no server answers at 127.0.0.1:1\n");
  server_.reset();
  generate_.request.server = address_;
  EXPECT_EQ(Generate(), kExitUnavailable);
}

TEST_F(CommandsTest, GenerateIsInterrupted) {
  inference_.hang_after_pieces = true;
  std::thread interrupter([&] {
    while (inference_.requests().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    active_.CancelAll();
  });
  EXPECT_EQ(Generate(), kExitInterrupted);
  interrupter.join();
  for (int i = 0; i < 1000 && inference_.cancelled() == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(inference_.cancelled(), 1);
}

TEST_F(CommandsTest, GenerateHasADeadline) {
  inference_.hang_after_pieces = true;
  generate_.request.deadline = absl::Milliseconds(50);
  EXPECT_EQ(Generate(), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("baton generate: Deadline Exceeded"));
}

TEST_F(CommandsTest, ChatKeepsTheConversation) {
  chat_.request.system = "be nice";
  EXPECT_EQ(Chat("hello\n\nand you?\n/clear\nagain\n/quit\nnever\n"), kExitOk);
  const auto requests = inference_.requests();
  ASSERT_EQ(requests.size(), 3u);
  ASSERT_EQ(requests[1].chat().messages_size(), 4);
  EXPECT_EQ(requests[1].chat().messages(0).role(), "system");
  EXPECT_EQ(requests[1].chat().messages(1).content(), "hello");
  EXPECT_EQ(requests[1].chat().messages(2).role(), "assistant");
  EXPECT_EQ(requests[1].chat().messages(2).content(), "Hello, world");
  EXPECT_EQ(requests[1].chat().messages(3).content(), "and you?");
  EXPECT_EQ(requests[2].chat().messages_size(), 2) << "cleared but for the system message";
  EXPECT_EQ(out_.str(), "Hello, world\nHello, world\nHello, world\n");
}

TEST_F(CommandsTest, ChatForgetsAMessageThatWasRefused) {
  inference_.status = grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "too long");
  EXPECT_EQ(Chat("one\ntwo\n"), kExitRefused);
  EXPECT_EQ(inference_.requests().at(1).chat().messages_size(), 1);
  EXPECT_THAT(err_.str(), HasSubstr("baton chat: too long\n"));
}

TEST_F(CommandsTest, ChatInterruptStopsOnlyTheAnswer) {
  inference_.hang_after_pieces = true;
  std::istringstream input("one\n/help\n");
  std::thread interrupter;
  const int exit_code = RunChat(chat_, input, out_, err_, [&](std::function<void()> handler) {
    if (handler == nullptr) return;
    interrupter = std::thread([this, handler] {
      while (inference_.requests().empty()) std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      handler();
    });
  });
  interrupter.join();
  EXPECT_EQ(exit_code, kExitOk);
  EXPECT_THAT(err_.str(), HasSubstr("[stopped]\n"));
  EXPECT_THAT(err_.str(), HasSubstr("/clear forgets"));
}

TEST_F(CommandsTest, StatusShowsTheCluster) {
  StatusOptions options;
  options.server = address_;
  EXPECT_EQ(RunStatus(options, out_, err_), kExitOk);
  EXPECT_THAT(out_.str(), StartsWith("router 0.1.0, up 1 min 15 s\n"));
  EXPECT_THAT(out_.str(), HasSubstr("tp 2 x pp 1"));
}

TEST_F(CommandsTest, StatusJson) {
  StatusOptions options;
  options.server = address_;
  options.json = true;
  EXPECT_EQ(RunStatus(options, out_, err_), kExitOk);
  const auto json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json["groups"][0]["state"], "GROUP_STATE_READY");
  EXPECT_EQ(json["groups"][0]["ranks"][1]["weight_bytes"], "54525952");
  EXPECT_EQ(json["groups"][0]["requests_finished"], "0") << "zeros are there, too";
}

TEST_F(CommandsTest, StatusWatchEndsWithTheServer) {
  StatusOptions options;
  options.server = address_;
  options.watch = true;
  options.interval = absl::Milliseconds(5);
  std::thread stopper([this] {
    while (cluster_.calls < 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    server_->Shutdown(absl::ZeroDuration());
  });
  EXPECT_EQ(RunStatus(options, out_, err_), kExitUnavailable);
  stopper.join();
  EXPECT_NE(out_.str().find("router 0.1.0"), out_.str().rfind("router 0.1.0"));
}

TEST_F(CommandsTest, Tokenize) {
  std::istringstream no_input;
  TokenizeOptions options;
  options.server = address_;
  options.text = "ab";
  EXPECT_EQ(RunTokenize(options, no_input, out_, err_), kExitOk);
  options.pieces = true;
  options.text = "-";
  std::istringstream input("a\n");
  EXPECT_EQ(RunTokenize(options, input, out_, err_), kExitOk);
  EXPECT_EQ(out_.str(), "97 98\n97\t\"a\"\n10\t\"\\n\"\n");
}

TEST_F(CommandsTest, TokenizeDecodesAndRendersChats) {
  std::istringstream no_input;
  TokenizeOptions options;
  options.server = address_;
  options.decode = {'h', 'i'};
  EXPECT_EQ(RunTokenize(options, no_input, out_, err_), kExitOk);
  options.decode.clear();
  options.text = "yo";
  options.chat = true;
  options.system = "be nice";
  EXPECT_EQ(RunTokenize(options, no_input, out_, err_), kExitOk);
  EXPECT_EQ(out_.str(), "hi\nsystem: be nice\nuser: yo\n\n1\n");
}

TEST_F(CommandsTest, TokenizeRefusesASystemMessageWithoutAChat) {
  std::istringstream no_input;
  TokenizeOptions options;
  options.server = "127.0.0.1:1";
  options.text = "yo";
  options.system = "be nice";
  EXPECT_EQ(RunTokenize(options, no_input, out_, err_), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--system needs --chat"));
}

// How CLI11 takes the flags of generate and tokenize.
class FlagsTest : public testing::Test {
 protected:
  // Whether the line is accepted.
  bool Parses(std::vector<std::string> line) {
    CLI::App app;
    app.require_subcommand(1);
    AddGenerateCommand(app, &run_);
    AddTokenizeCommand(app, &run_);
    std::reverse(line.begin(), line.end());  // as CLI11 wants it
    try {
      app.parse(line);
    } catch (const CLI::ParseError& error) {
      what_ = error.what();
      return false;
    }
    return run_ != nullptr;
  }

  Command run_;
  std::string what_;
};

TEST_F(FlagsTest, Generate) {
  EXPECT_TRUE(Parses({"generate", "hi"}));
  EXPECT_TRUE(Parses({"generate", "-"}));
  EXPECT_TRUE(Parses({"generate", "--file", "-", "--concurrency", "8", "--json"}));
  EXPECT_TRUE(Parses({"generate", "--tokens", "1,2,3"}));
  EXPECT_TRUE(Parses({"generate", "--stop", "a", "--stop", "b", "--temperature", "0.5", "hi"}));
  EXPECT_TRUE(Parses({"generate", "--deadline", "30s", "--max-tokens", "5", "hi"}));
  EXPECT_TRUE(Parses({"generate", "--logit-bias", "1:2", "--logit-bias", "3:-4.5", "hi"}));
  EXPECT_TRUE(Parses({"generate", "--allowed-token-id", "1", "--allowed-token-id", "2",
                      "--bad-word", "a", "--bad-word", "b", "hi"}));
  EXPECT_TRUE(Parses({"generate", "--n", "2", "--best-of", "3", "--echo", "--prompt-logprobs", "0",
                      "--priority", "-1", "--cache-salt", "s", "hi"}));
  EXPECT_TRUE(Parses({"generate", "--min-p", "0.1", "--repetition-penalty", "1.1",
                      "--presence-penalty", "-1", "--frequency-penalty", "1", "hi"}));
  EXPECT_TRUE(Parses({"generate", "--min-tokens", "1", "--include-stop", "--ignore-eos", "hi"}));
  EXPECT_FALSE(Parses({"generate", "--logit-bias", "1", "hi"}));
  EXPECT_THAT(what_, HasSubstr("--logit-bias: \"1\" is not a token id and its bias"));
  EXPECT_FALSE(Parses({"generate", "--n", "x", "hi"}));
  EXPECT_FALSE(Parses({"generate"}));
  EXPECT_FALSE(Parses({"generate", "hi", "--file", "x"}));
  EXPECT_FALSE(Parses({"generate", "hi", "--deadline", "soon"}));
  EXPECT_THAT(what_, HasSubstr("--deadline: \"soon\" is not a duration"));
  EXPECT_FALSE(Parses({"generate", "hi", "--max-tokens", "-1"}));
  EXPECT_EQ(what_, "--max-tokens: -1 is not a whole number from 0 to 4294967295");
  for (const char* seed : {"-1", "18446744073709551616", "-18446744073709551615", "1.5", "x"}) {
    EXPECT_FALSE(Parses({"generate", "hi", "--seed", seed}));
    EXPECT_EQ(what_,
              absl::StrCat("--seed: ", seed, " is not a whole number from 0 to ", UINT64_MAX));
  }
  EXPECT_TRUE(Parses({"generate", "hi", "--seed", "18446744073709551615"}));
  EXPECT_FALSE(Parses({"generate", "hi", "--no-such-flag"}));
  EXPECT_FALSE(Parses({"generate", "two", "prompts"}));
}

TEST(RequestFlagsTest, RepeatedFlagsAddUp) {
  CLI::App app;
  RequestOptions options;
  AddRequestOptions(&app, &options);
  std::vector<std::string> line = {"--logit-bias",       "1:2",        "--bad-word", "a b",
                                   "--logit-bias",       "30:-4.5",    "--bad-word", "c",
                                   "--allowed-token-id", "1",          "--stop",     "x",
                                   "--allowed-token-id", "4294967295", "--stop",     "y"};
  std::reverse(line.begin(), line.end());  // as CLI11 wants it
  app.parse(line);
  const v1::GenerateRequest request = MakeRequest(options);
  EXPECT_THAT(request.sampling().logit_bias(),
              UnorderedElementsAre(Pair(1u, 2.0f), Pair(30u, -4.5f)));
  EXPECT_THAT(request.sampling().bad_words(), ElementsAre("a b", "c"));
  EXPECT_THAT(request.sampling().allowed_token_ids(), ElementsAre(1u, 4294967295u));
  EXPECT_THAT(request.stop().strings(), ElementsAre("x", "y"));
}

TEST_F(FlagsTest, Tokenize) {
  EXPECT_TRUE(Parses({"tokenize", "hi", "--pieces"}));
  EXPECT_TRUE(Parses({"tokenize", "--decode", "1", "2", "3"}));
  EXPECT_FALSE(Parses({"tokenize"}));
  EXPECT_FALSE(Parses({"tokenize", "hi", "--decode", "1"}));
  EXPECT_FALSE(Parses({"tokenize", "--decode", "x"}));
}

}  // namespace
}  // namespace baton
