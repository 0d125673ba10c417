#include "tests/load/backend/openai_backend.h"

#include <stdlib.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/fake/fake_http_server.h"

namespace baton {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr absl::string_view kModels = R"({"data": [{"id": "m", "max_model_len": 64}]})";
constexpr absl::Duration kLong = absl::Seconds(60);

std::string Token(absl::string_view text) {
  return absl::StrCat(R"({"choices":[{"index":0,"text":")", text, R"("}]})");
}
std::string Finish(absl::string_view reason) {
  return absl::StrCat(R"({"choices":[{"index":0,"text":"!","finish_reason":")", reason, R"("}]})");
}
std::string Usage(int prompt, int completion) {
  return absl::StrCat(R"({"choices":[],"usage":{"prompt_tokens":)", prompt,
                      R"(,"completion_tokens":)", completion,
                      R"(,"prompt_tokens_details":{"cached_tokens":2}}})");
}

// Answers GET /v1/models, and everything else with the script.
FakeHttpServer::Handler Serving(FakeHttpServer::Handler script) {
  return [script](const FakeHttpRequest& request, FakeHttpAnswer& answer) {
    if (request.path == "/v1/models") return answer.Whole(200, kModels);
    script(request, answer);
  };
}

LoadRequest Ask(LoadPrompt prompt = std::string("hi")) {
  LoadRequest request;
  request.index = 7;
  request.prompt = std::move(prompt);
  request.prompt_tokens = 1;
  request.max_tokens = 4;
  return request;
}

class OpenAiBackendTest : public testing::Test {
 protected:
  void Serve(FakeHttpServer::Handler script) {
    server_ = std::make_unique<FakeHttpServer>(Serving(std::move(script)));
  }
  // Serves events as one write each, and [DONE].
  void ServeEvents(std::vector<std::string> events) {
    Serve([events](const FakeHttpRequest&, FakeHttpAnswer& answer) {
      answer.StartEvents();
      for (const std::string& event : events) answer.Event(event);
      answer.Event("[DONE]");
      answer.End();
    });
  }

  void Connect() {
    options_.base_url = server_->url();
    backend_ = std::make_unique<OpenAiBackend>(options_);
    const auto facts = backend_->Connect(kLong);
    ASSERT_TRUE(facts.ok()) << facts.status();
    EXPECT_EQ(facts->model, "m");
  }
  std::future<RequestRecord> Begin(const LoadRequest& request) {
    auto promise = std::make_shared<std::promise<RequestRecord>>();
    backend_->Start(request, absl::nullopt,
                    [promise](RequestRecord r) { promise->set_value(std::move(r)); });
    return promise->get_future();
  }
  RequestRecord Run(const LoadRequest& request = Ask()) {
    if (backend_ == nullptr) Connect();
    return Begin(request).get();
  }

  std::unique_ptr<FakeHttpServer> server_;  // dies after the backend
  OpenAiOptions options_;
  std::unique_ptr<OpenAiBackend> backend_;
};

TEST_F(OpenAiBackendTest, AnAnswerIsRecorded) {
  ServeEvents({Token("a"), Token("b"), Finish("length"), Usage(9, 3)});
  options_.keep_text = true;
  const RequestRecord record = Run();
  EXPECT_EQ(record.outcome, RequestOutcome::kCompleted) << record.message;
  EXPECT_EQ(record.index, 7u);
  EXPECT_EQ(record.code, "OK");
  EXPECT_EQ(record.finish, "length");
  EXPECT_EQ(record.text, "ab!");
  EXPECT_EQ(record.prompt_tokens, 9u);
  EXPECT_TRUE(record.prompt_tokens_reported);
  EXPECT_EQ(record.output_tokens, 3u);
  EXPECT_EQ(record.cached_tokens, 2u);
  EXPECT_TRUE(record.chunk_tokens_estimated);
  ASSERT_EQ(record.chunks.size(), 3u);
  EXPECT_LE(record.chunk_time(2), record.end);
  EXPECT_LE(record.sent, record.end);
}

TEST_F(OpenAiBackendTest, TheRequestIsWhatWasAsked) {
  FakeHttpRequest seen;
  Serve([&seen](const FakeHttpRequest& request, FakeHttpAnswer& answer) {
    seen = request;
    answer.StartEvents();
    answer.Event(R"({"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]})");
    answer.End();
  });
  options_.endpoint = OpenAiEndpoint::kChat;
  options_.api_key = "secret";
  options_.headers = {"X-Run=1"};
  options_.extra_body = {{"n", 1}};
  EXPECT_EQ(Run().outcome, RequestOutcome::kCompleted);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "/v1/chat/completions");
  EXPECT_EQ(seen.headers["content-type"], "application/json");
  EXPECT_EQ(seen.headers["authorization"], "Bearer secret");
  EXPECT_EQ(seen.headers["x-run"], "1");
  const json body = json::parse(seen.body);
  EXPECT_EQ(body["model"], "m");
  EXPECT_EQ(body["n"], 1);
  EXPECT_EQ(body["messages"][0]["content"], "hi");
}

TEST_F(OpenAiBackendTest, ALongBodyIsSentAtOnce) {
  ServeEvents({Finish("stop")});
  const RequestRecord record = Run(Ask(std::string(3 << 20, 'x')));
  EXPECT_EQ(record.outcome, RequestOutcome::kCompleted) << record.message;
}

TEST_F(OpenAiBackendTest, EveryByteByItself) {
  Serve([](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.StartEvents();
    answer.Slowly(absl::StrCat(": hello\r\n\r\ndata: ", Token("é"),
                               "\r\n\r\n:\r\ndata: ", Finish("stop"), "\r\rdata: [DONE]\n\n"),
                  absl::Microseconds(50));
    answer.End();
  });
  options_.keep_text = true;
  const RequestRecord record = Run();
  EXPECT_EQ(record.outcome, RequestOutcome::kCompleted) << record.message;
  EXPECT_EQ(record.text, "é!");
  EXPECT_EQ(record.chunks.size(), 2u);
}

TEST_F(OpenAiBackendTest, EventsOfOneReadHaveOneTime) {
  Serve([](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.StartEvents();
    answer.Events({Token("a"), Token("b"), Token("c")});
    absl::SleepFor(absl::Milliseconds(20));
    answer.Events({Finish("stop"), "[DONE]"});
    answer.End();
  });
  const RequestRecord record = Run();
  ASSERT_EQ(record.chunks.size(), 4u);
  EXPECT_EQ(record.chunks[0].at_us, record.chunks[2].at_us);
  EXPECT_GE(record.chunks[3].at_us, record.chunks[2].at_us + 15000);
  EXPECT_EQ(record.output_tokens, 4u);  // no usage: one for each event
  EXPECT_EQ(record.prompt_tokens, 1u);
  EXPECT_FALSE(record.prompt_tokens_reported);
}

TEST_F(OpenAiBackendTest, TimingsOfLlamaCppAreUsed) {
  ServeEvents({Token("a"),
               R"({"choices":[{"text":"","finish_reason":"length"}],"timings":{"cache_n":3,)"
               R"("prompt_n":4,"prompt_ms":5.5,"predicted_n":1,"predicted_ms":10}})"});
  const RequestRecord record = Run();
  EXPECT_EQ(record.prompt_tokens, 7u);
  EXPECT_EQ(record.cached_tokens, 3u);
  EXPECT_EQ(record.output_tokens, 1u);
  EXPECT_EQ(record.server.prefill, absl::Milliseconds(5.5));
  EXPECT_EQ(record.server.decode, absl::Milliseconds(10));
  EXPECT_FALSE(record.server.queued);  // it does not tell
  EXPECT_FALSE(record.server.first_token);
}

TEST_F(OpenAiBackendTest, WithoutDoneAFinishReasonIsEnough) {
  Serve([](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.StartEvents();
    answer.Event(Token("a"));
    answer.Piece(absl::StrCat("data: ", Finish("stop")));  // and without the blank line
    answer.End();
  });
  const RequestRecord record = Run();
  EXPECT_EQ(record.outcome, RequestOutcome::kCompleted) << record.message;
  EXPECT_EQ(record.chunks.size(), 2u);
}

struct BadAnswer {
  const char* name;
  std::function<void(FakeHttpAnswer&)> script;  // after the stream's head
  std::string code, message, reason;
};

TEST_F(OpenAiBackendTest, AnswersThatFail) {
  const std::vector<BadAnswer> answers = {
      {"no end", [](FakeHttpAnswer& a) { a.Event(Token("a")), a.End(); }, "INTERNAL",
       "the answer ended after 1 events with output, without a finish reason and without [DONE]",
       ""},
      {"no output", [](FakeHttpAnswer& a) { a.Event("[DONE]"), a.End(); }, "INTERNAL",
       "no output in an answer of HTTP 200 and content type \"text/event-stream", ""},
      {"error",
       [](FakeHttpAnswer& a) {
         a.Event(Token("a"));
         a.Event(R"({"error":{"message":"broke","type":"InternalServerError","code":500}})");
         a.Event("[DONE]"), a.End();
       },
       "HTTP 500", "broke", "InternalServerError"},
      {"error event", [](FakeHttpAnswer& a) { a.Piece("event: error\ndata: it broke\n\n"); },
       "UNKNOWN", "it broke", ""},
      {"no JSON", [](FakeHttpAnswer& a) { a.Event(Token("a")), a.Event("{nonsense"); }, "INTERNAL",
       "neither a JSON object nor [DONE]: {nonsense", ""},
      {"too long", [](FakeHttpAnswer& a) { a.Event(std::string(5000, 'x')); }, "INTERNAL",
       "a line of the event stream is longer than 4096 bytes", ""},
      {"cut short", [](FakeHttpAnswer& a) { a.Event(Token("a")); }, "NETWORK",
       "after 1 events with output", ""},
      {"cut in a chunk", [](FakeHttpAnswer& a) { a.Event(Token("a")), a.Raw("ff\r\ndata:"); },
       "NETWORK", "after 1 events with output", ""},
      {"reset", [](FakeHttpAnswer& a) { a.Event(Token("a")), a.Reset(); }, "NETWORK", "", ""},
      {"reset at once", [](FakeHttpAnswer& a) { a.Reset(); }, "NETWORK", "", ""},
  };
  std::atomic<size_t> next{0};
  Serve([&](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.StartEvents();
    answers[next].script(answer);
  });
  options_.max_event_bytes = 4096;
  for (const BadAnswer& bad : answers) {
    const RequestRecord record = Run();
    ++next;
    EXPECT_EQ(record.outcome, RequestOutcome::kFailed) << bad.name;
    EXPECT_EQ(record.code, bad.code) << bad.name << ": " << record.message;
    EXPECT_THAT(record.message, HasSubstr(bad.message)) << bad.name;
    EXPECT_EQ(record.reason, bad.reason) << bad.name;
  }
}

TEST_F(OpenAiBackendTest, AnswersThatAreNot200) {
  std::atomic<int> status{503};
  Serve([&](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.Whole(status, R"({"error":{"message":"queue full","type":"overloaded"}})",
                 {"Retry-After: 3"});
  });
  for (const int code : {503, 429, 500, 400, 404, 302}) {
    status = code;
    const RequestRecord record = Run();
    const bool refused = code == 503 || code == 429;
    EXPECT_EQ(record.outcome, refused ? RequestOutcome::kRefused : RequestOutcome::kFailed) << code;
    EXPECT_EQ(record.code, absl::StrCat("HTTP ", code));
    EXPECT_EQ(record.reason, "overloaded");
    EXPECT_EQ(record.message, "queue full");
    EXPECT_EQ(record.retry_after, absl::Seconds(3));
  }
  EXPECT_EQ(server_->connections(), 1);  // with Connect's, all on one
}

TEST_F(OpenAiBackendTest, AHugeErrorBodyIsCut) {
  Serve([](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.Whole(500, std::string(8 << 20, 'e'));
  });
  const RequestRecord record = Run();
  EXPECT_EQ(record.code, "HTTP 500");
  EXPECT_LT(record.message.size(), 1000u);
}

// Writes tokens until the client is gone, and tells so.
FakeHttpServer::Handler Endless(std::promise<bool>* closed, absl::Duration gap) {
  return [closed, gap](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.StartEvents();
    const absl::Time end = absl::Now() + kLong;
    while (!answer.failed() && absl::Now() < end) {
      answer.Event(Token("x"));
      if (answer.WaitForClose(gap)) break;
    }
    closed->set_value(absl::Now() < end);
  };
}

TEST_F(OpenAiBackendTest, TheClientCancelsAndItsConnectionIsClosed) {
  std::promise<bool> closed;
  Serve(Endless(&closed, absl::Milliseconds(1)));
  LoadRequest request = Ask();
  request.behaviour.cancel_after = 3;
  const RequestRecord record = Run(request);
  EXPECT_EQ(record.outcome, RequestOutcome::kCancelled);
  EXPECT_EQ(record.chunks.size(), 3u);
  EXPECT_TRUE(closed.get_future().get());
}

TEST_F(OpenAiBackendTest, TheClientCancelsWhenItHasSent) {
  std::promise<bool> closed;
  std::string body;
  Serve([&](const FakeHttpRequest& request, FakeHttpAnswer& answer) {
    body = request.body;
    closed.set_value(answer.WaitForClose(kLong));
  });
  LoadRequest request = Ask();
  request.behaviour.cancel_after = 0;
  const RequestRecord record = Run(request);
  EXPECT_EQ(record.outcome, RequestOutcome::kCancelled);
  EXPECT_TRUE(closed.get_future().get());
  EXPECT_EQ(json::parse(body)["prompt"], "hi");
}

TEST_F(OpenAiBackendTest, TheClientWaitsAfterEachMessage) {
  Serve([](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.StartEvents();
    answer.Events({Token("a"), Token("b")});
    answer.Event(Token("c"));
    answer.Event(Finish("length"));
    answer.Event("[DONE]");
    answer.End();
  });
  LoadRequest request = Ask();
  request.behaviour.read_pause = absl::Milliseconds(20);
  const RequestRecord record = Run(request);
  EXPECT_EQ(record.outcome, RequestOutcome::kCompleted) << record.message;
  ASSERT_EQ(record.chunks.size(), 4u);
  for (size_t i = 1; i < 4; ++i) {
    EXPECT_GE(record.chunks[i].at_us, record.chunks[i - 1].at_us + 20000);
  }
  EXPECT_EQ(Run().outcome, RequestOutcome::kCompleted);
  EXPECT_EQ(server_->connections(), 1);
}

TEST_F(OpenAiBackendTest, ASlowClientHoldsTheServerUp) {
  constexpr int kEvents = 20000;  // more than the sockets' buffers hold
  const std::string token = Token(std::string(1000, 'x'));
  std::atomic<int> written{0};
  std::promise<void> over;
  Serve([&](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.StartEvents();
    for (int i = 0; i < kEvents && !answer.failed(); ++i, ++written) answer.Event(token);
    over.set_value();
  });
  LoadRequest request = Ask();
  request.behaviour.read_pause = absl::Milliseconds(20);
  request.behaviour.cancel_after = 10;
  const RequestRecord record = Run(request);
  EXPECT_EQ(record.outcome, RequestOutcome::kCancelled);
  over.get_future().wait();
  EXPECT_LT(written, kEvents);
}

TEST_F(OpenAiBackendTest, AnErrorAfterAPauseEndsTheCall) {
  Serve([](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.StartEvents();
    answer.Events({Token("a"), R"({"error":{"message":"broke"}})"});
    answer.WaitForClose(kLong);
  });
  LoadRequest request = Ask();
  request.behaviour.read_pause = absl::Milliseconds(5);
  const RequestRecord record = Run(request);
  EXPECT_EQ(record.outcome, RequestOutcome::kFailed);
  EXPECT_EQ(record.message, "broke");
}

TEST_F(OpenAiBackendTest, ADeadlineEndsTheRequest) {
  std::promise<bool> closed;
  Serve(Endless(&closed, absl::Milliseconds(5)));
  LoadRequest request = Ask();
  request.behaviour.deadline = absl::Milliseconds(50);
  const RequestRecord record = Run(request);
  EXPECT_EQ(record.outcome, RequestOutcome::kDeadline);
  EXPECT_EQ(record.code, "DEADLINE_EXCEEDED");
  EXPECT_THAT(record.message, HasSubstr("50ms"));
  EXPECT_GE(record.end, record.sent + absl::Milliseconds(50));
  EXPECT_TRUE(closed.get_future().get());
}

TEST_F(OpenAiBackendTest, ADeadlineThatIsKeptChangesNothing) {
  ServeEvents({Finish("length")});
  LoadRequest request = Ask();
  request.behaviour.deadline = kLong;
  EXPECT_EQ(Run(request).outcome, RequestOutcome::kCompleted);
}

TEST_F(OpenAiBackendTest, ManyStreamsAtOnceAndTheirConnectionsAgain) {
  constexpr int kStreams = 200;
  std::atomic<int> waiting{0};
  Serve([&](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.StartEvents();
    answer.Event(Token("a"));
    ++waiting;
    while (waiting % kStreams != 0) absl::SleepFor(absl::Milliseconds(1));
    for (int i = 0; i < 20; ++i) answer.Event(Token("b"));
    answer.Event(Finish("length"));
    answer.Event(Usage(1, 22));
    answer.Event("[DONE]");
    answer.End();
  });
  Connect();
  for (int round = 0; round < 2; ++round) {
    std::vector<std::future<RequestRecord>> records;
    for (int i = 0; i < kStreams; ++i) records.push_back(Begin(Ask()));
    for (auto& future : records) {
      const RequestRecord record = future.get();
      ASSERT_EQ(record.outcome, RequestOutcome::kCompleted) << record.message;
      EXPECT_EQ(record.output_tokens, 22u);
      EXPECT_EQ(record.chunks.size(), 22u);
    }
  }
  EXPECT_LE(server_->connections(), kStreams + 1);
}

TEST_F(OpenAiBackendTest, AConnectionThatTheServerDidNotKeepIsReplaced) {
  Serve([](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.StartEvents();
    answer.Events({Finish("length"), "[DONE]"});
    answer.End();
    answer.HangUp();
  });
  for (int i = 0; i < 20; ++i) {
    const RequestRecord record = Run();
    EXPECT_EQ(record.outcome, RequestOutcome::kCompleted) << record.message;
  }
}

TEST_F(OpenAiBackendTest, DoneMayStartTheNext) {
  ServeEvents({Finish("length")});
  Connect();
  std::promise<void> over;
  int left = 100;
  Backend::Done done = [&](RequestRecord record) {
    EXPECT_EQ(record.outcome, RequestOutcome::kCompleted) << record.message;
    if (--left == 0) return over.set_value();
    backend_->Start(Ask(), absl::nullopt, done);
  };
  backend_->Start(Ask(), absl::nullopt, done);
  over.get_future().wait();
  EXPECT_EQ(server_->connections(), 1);
}

TEST_F(OpenAiBackendTest, AServerThatDiesFailsItsStreamsAndThoseThatFollow) {
  std::atomic<int> started{0};
  Serve([&](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.StartEvents();
    answer.Event(Token("a"));
    ++started;
    answer.WaitForClose(kLong);
  });
  Connect();
  std::vector<std::future<RequestRecord>> records;
  for (int i = 0; i < 10; ++i) records.push_back(Begin(Ask()));
  while (started < 10) absl::SleepFor(absl::Milliseconds(1));
  server_->Die();
  records.push_back(Begin(Ask()));
  for (auto& future : records) {
    const RequestRecord record = future.get();
    EXPECT_EQ(record.outcome, RequestOutcome::kFailed);
    EXPECT_EQ(record.code, "NETWORK");
    EXPECT_NE(record.message, "");
  }
}

TEST_F(OpenAiBackendTest, ItsEndStopsTheCalls) {
  std::atomic<int> started{0};
  Serve([&](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.StartEvents();
    answer.Event(Token("a"));
    ++started;
    answer.WaitForClose(kLong);
  });
  Connect();
  std::vector<std::future<RequestRecord>> records;
  for (int i = 0; i < 5; ++i) records.push_back(Begin(Ask()));
  std::promise<RequestRecord> next;
  backend_->Start(Ask(), absl::nullopt, [&](RequestRecord) {
    backend_->Start(Ask(), absl::nullopt,
                    [&](RequestRecord record) { next.set_value(std::move(record)); });
  });
  while (started < 6) absl::SleepFor(absl::Milliseconds(1));
  OpenAiBackend* const backend = backend_.get();
  delete backend;  // so that backend_ is there for `done`
  static_cast<void>(backend_.release());
  records.push_back(next.get_future());
  for (auto& future : records) {
    const RequestRecord record = future.get();
    EXPECT_EQ(record.outcome, RequestOutcome::kFailed);
    EXPECT_EQ(record.message, "the run was stopped");
  }
}

TEST_F(OpenAiBackendTest, ItsEndStopsACallThatWaits) {
  Serve([](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.StartEvents();
    answer.Events({Token("a"), Finish("length"), "[DONE]"});
    answer.End();
  });
  Connect();
  LoadRequest request = Ask();
  request.behaviour.read_pause = absl::Hours(1);
  auto record = Begin(request);
  absl::SleepFor(absl::Milliseconds(20));
  backend_.reset();
  EXPECT_EQ(record.get().message, "the run was stopped");
}

TEST_F(OpenAiBackendTest, Check) {
  OpenAiOptions chat;
  chat.endpoint = OpenAiEndpoint::kChat;
  EXPECT_EQ(OpenAiBackend(chat).Check(Ask(std::vector<uint32_t>{1})).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(OpenAiBackend({}).Check(Ask(std::vector<uint32_t>{1})).ok());
}

// --- Connect ---

absl::StatusOr<ServerFacts> ConnectTo(OpenAiOptions options,
                                      absl::Duration timeout = absl::ZeroDuration()) {
  return OpenAiBackend(std::move(options)).Connect(timeout);
}

TEST(OpenAiConnectTest, WhatCanNotBeAServer) {
  OpenAiOptions options;
  options.base_url = "127.0.0.1:8000";
  EXPECT_EQ(ConnectTo(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.base_url = "http://127.0.0.1:1";
  options.headers = {"nonsense"};
  EXPECT_EQ(ConnectTo(options).status().code(), absl::StatusCode::kInvalidArgument);
  options.headers = {};
  options.extra_body = json::array();
  EXPECT_EQ(ConnectTo(options).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(OpenAiConnectTest, NothingThere) {
  OpenAiOptions options;
  {
    FakeHttpServer gone([](const FakeHttpRequest&, FakeHttpAnswer&) {});
    options.base_url = gone.url();
  }
  const absl::Status status = ConnectTo(options, absl::Milliseconds(300)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr(options.base_url));
}

TEST(OpenAiConnectTest, WaitsUntilTheServerIsReady) {
  std::atomic<int> asked{0};
  FakeHttpServer server([&](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    if (++asked < 3) return answer.Whole(503, R"({"error":{"message":"Loading model"}})");
    answer.Whole(200, R"({"data": [{"id": "m", "meta": {"n_vocab": 32000}}]})");
  });
  OpenAiOptions options;
  options.base_url = server.url();
  const absl::Status loading = ConnectTo(options).status();
  EXPECT_EQ(loading.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(loading.message(), HasSubstr("/v1/models answers HTTP 503: Loading model"));
  const auto facts = ConnectTo(options, kLong);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->vocab_size, 32000u);
}

TEST(OpenAiConnectTest, NoProxyForThisMachine) {
  FakeHttpServer server(Serving([](const FakeHttpRequest&, FakeHttpAnswer&) {}));
  OpenAiOptions options;
  options.base_url = server.url();
  setenv("http_proxy", "http://127.0.0.1:1", /*overwrite=*/1);
  const auto facts = ConnectTo(options);
  unsetenv("http_proxy");
  EXPECT_TRUE(facts.ok()) << facts.status();
}

TEST(OpenAiConnectTest, AModelThatIsNotServed) {
  FakeHttpServer server(Serving([](const FakeHttpRequest&, FakeHttpAnswer&) {}));
  OpenAiOptions options;
  options.base_url = server.url();
  options.model = "other";
  const absl::Status status = ConnectTo(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("it serves m, not other"));
}

TEST(OpenAiConnectTest, AKeyThatIsWanted) {
  FakeHttpServer server([](const FakeHttpRequest&, FakeHttpAnswer& answer) {
    answer.Whole(401, R"({"error":{"message":"Invalid API Key"}})");
  });
  OpenAiOptions options;
  options.base_url = server.url();
  EXPECT_EQ(ConnectTo(options).status().code(), absl::StatusCode::kUnauthenticated);
}

TEST(OpenAiConnectTest, WithoutAListTheModelMustBeNamed) {
  FakeHttpServer server(
      [](const FakeHttpRequest&, FakeHttpAnswer& answer) { answer.Whole(404, "{}"); });
  OpenAiOptions options;
  options.base_url = server.url();
  const absl::Status status = ConnectTo(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("has no /v1/models"));
  options.model = "mine";
  const auto facts = ConnectTo(options);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->model, "mine");
}

}  // namespace
}  // namespace baton
