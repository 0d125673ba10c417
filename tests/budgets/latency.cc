// What the router adds to a token's way, with one stream and a worker that computes nothing: within
// the router's process, from Fleet::Submit to the plan and from the result to the sink, and through
// sockets between a client, the router and a worker that are processes of their own, from the
// client's call to the worker's plan and from the worker's result to the client. Once the worker
// waits a millisecond before every result, so that each finds the router asleep and no plan runs
// ahead; and once it answers at once, and only the client's clock counts. The last is done in turns
// with a bare relay in the router's place: what gRPC alone costs on the same way.
//
//   bazel run //tests/budgets:latency [-- REQUESTS [TOKENS]]
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "client/client.h"
#include "common/check.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "router/tokenizer/test_vocabulary.h"
#include "spdlog/spdlog.h"
#include "tests/budgets/bare_relay.h"
#include "tests/budgets/bare_server.h"
#include "tests/budgets/child.h"
#include "tests/budgets/link_worker.h"
#include "tests/budgets/samples.h"
#include "tests/budgets/stream_worker.h"
#include "tests/budgets/test_router.h"

namespace baton {
namespace {

constexpr absl::Duration kStep = absl::Milliseconds(1);
constexpr int kWarmUp = 10;  // requests
constexpr int kPromptTokens = 64;
constexpr int kTurns = 3;

struct Latencies {
  std::vector<double> to_plan;         // microseconds from the request to the first plan
  std::vector<double> to_first_token;  // and from the first result to its token, added
  std::vector<double> to_token;        // from a later result to its token
};

// Microseconds from each result to the next plan of the same sequence.
std::vector<double> Gaps(const std::vector<StepTime>& steps) {
  std::vector<double> gaps;
  for (size_t i = 1; i < steps.size(); ++i) {
    if (steps[i].continues)
      gaps.push_back(absl::ToDoubleMicroseconds(steps[i].plan - steps[i - 1].result));
  }
  return gaps;
}

void Print(const std::string& where, const Latencies& l, const std::vector<StepTime>& steps,
           double first_budget, double next_budget) {
  PrintFigure(where + ": request to plan, median", Median(l.to_plan), 0, "us");
  PrintFigure(where + ": added to the first token, median", Median(l.to_first_token), first_budget,
              "us");
  PrintFigure(where + ": added to the first token, 99 %", Quantile(l.to_first_token, 0.99), 0,
              "us");
  PrintFigure(where + ": result to token, median", Median(l.to_token), next_budget, "us");
  PrintFigure(where + ": result to token, 99 %", Quantile(l.to_token, 0.99), 0, "us");
  PrintFigure(where + ": result to next plan (no run-ahead), median", Median(Gaps(steps)),
              next_budget, "us");
}

// When a request was made and when each of its tokens was there.
struct RequestTimes {
  absl::Time asked;
  std::vector<absl::Time> tokens;
};

// Takes the times of one request's tokens.
class TimingSink : public RequestSink {
 public:
  void OnStarted(const StartedEvent&) override {}
  bool OnPrompt(PromptEvent) override { return true; }
  bool OnPiece(PieceEvent) override {
    tokens_.push_back(absl::Now());
    return true;
  }
  void OnChoiceFinished(const ChoiceEnd&) override {}
  void OnFinished(const FinishedEvent&) override { End(); }
  void OnError(const absl::Status&) override { End(); }

  // Until the request has ended: when each token came.
  std::vector<absl::Time> Wait() {
    MutexLock lock(&mu_);
    while (!ended_) changed_.Wait(&mu_);
    return tokens_;
  }

 private:
  void End() {
    MutexLock lock(&mu_);
    ended_ = true;
    changed_.Signal();
  }

  std::vector<absl::Time> tokens_;  // of the engine's turns until ended_
  Mutex mu_;
  CondVar changed_;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
};

// What the requests' times say, step by step; the first of them warm up.
Latencies Compare(const std::vector<RequestTimes>& requests, const std::vector<StepTime>& steps) {
  Latencies l;
  size_t step = 0;
  for (size_t r = 0; r < requests.size(); ++r) {
    for (size_t t = 0; t < requests[r].tokens.size(); ++t, ++step) {
      BATON_CHECK(steps.at(step).continues == (t > 0));
      const double added = absl::ToDoubleMicroseconds(requests[r].tokens[t] - steps[step].result);
      if (r < kWarmUp) continue;
      if (t > 0) {
        l.to_token.push_back(added);
        continue;
      }
      l.to_plan.push_back(absl::ToDoubleMicroseconds(steps[step].plan - requests[r].asked));
      l.to_first_token.push_back(l.to_plan.back() + added);
    }
  }
  return l;
}

// What any wake-up costs on this machine, now: from a signal to the thread that waited for it.
void MeasureWakeUp() {
  Mutex mu;
  CondVar changed;
  absl::Time signalled;
  bool set = false;
  std::vector<double> taken;
  bool done = false;
  std::thread waiter([&] {
    MutexLock lock(&mu);
    while (true) {
      while (!set && !done) changed.Wait(&mu);
      if (done) return;
      taken.push_back(absl::ToDoubleMicroseconds(absl::Now() - signalled));
      set = false;
    }
  });
  for (int i = 0; i < 500; ++i) {
    absl::SleepFor(kStep);
    {
      MutexLock lock(&mu);
      set = true;
      signalled = absl::Now();
    }
    changed.Signal();
  }
  {
    MutexLock lock(&mu);
    done = true;
  }
  changed.Signal();
  waiter.join();
  PrintFigure("for comparison: a thread's wake-up, median", Median(taken), 0, "us");
}

v1::GenerateRequest RequestOf(int number, uint32_t tokens) {
  v1::GenerateRequest request;
  for (int t = 0; t < kPromptTokens; ++t)
    request.mutable_tokens()->add_ids(static_cast<uint32_t>(kFirstByteToken + number % 256));
  request.mutable_stop()->set_max_tokens(tokens);
  return request;
}

// The client's process: one line for each request, of nanoseconds: when it asked and when each
// piece came. Of a server that says when, a piece's text comes along.
int RunClient(const std::string& address, int requests, uint32_t tokens, bool bare) {
  const auto client = Client::Connect(address);
  BATON_CHECK(client.ok());
  std::string lines;
  for (int i = 0; i < requests; ++i) {
    const v1::GenerateRequest request = RequestOf(i, tokens);
    absl::StrAppend(&lines, absl::ToUnixNanos(absl::Now()));
    const auto call = (*client)->Generate(request);
    v1::GenerateResponse response;
    uint32_t pieces = 0;
    while ((!bare || pieces < tokens) && call->Read(&response)) {
      const absl::Time now = absl::Now();
      if (!response.has_piece()) continue;
      ++pieces;
      absl::StrAppend(&lines, " ", absl::ToUnixNanos(now));
      if (bare) absl::StrAppend(&lines, " ", response.piece().text());
    }
    absl::StrAppend(&lines, "\n");
    if (bare) {
      call->Cancel();
    } else {
      BATON_CHECK(call->Finish().ok());
    }
    absl::SleepFor(kStep);
  }
  std::fputs(lines.c_str(), stdout);
  return 0;
}

// The worker's process: one line for each step, when the router has gone.
int RunWorker(const std::string& address, absl::Duration step) {
  StepTimes times;
  StreamWorker worker(FakeWorkerFor(64, 4096, step), address, &times);
  worker.Wait();
  for (const StepTime& s : times.steps()) {
    std::printf("%d %lld %lld\n", s.continues, static_cast<long long>(absl::ToUnixNanos(s.plan)),
                static_cast<long long>(absl::ToUnixNanos(s.result)));
  }
  return 0;
}

// The numbers of each line that a child still writes.
std::vector<std::vector<int64_t>> ReadNumbers(Child* child) {
  std::vector<std::vector<int64_t>> lines;
  for (std::string line = child->ReadLine(); !line.empty(); line = child->ReadLine()) {
    lines.emplace_back();
    for (absl::string_view word : absl::StrSplit(line, ' ')) {
      lines.back().emplace_back();
      BATON_CHECK(absl::SimpleAtoi(word, &lines.back().back()));
    }
  }
  return lines;
}

std::vector<RequestTimes> ReadRequests(Child* client) {
  std::vector<RequestTimes> requests;
  for (const std::vector<int64_t>& line : ReadNumbers(client)) {
    requests.push_back({absl::FromUnixNanos(line.at(0)), {}});
    for (size_t i = 1; i < line.size(); ++i)
      requests.back().tokens.push_back(absl::FromUnixNanos(line[i]));
  }
  return requests;
}

std::vector<StepTime> ReadSteps(Child* worker) {
  std::vector<StepTime> steps;
  for (const std::vector<int64_t>& line : ReadNumbers(worker))
    steps.push_back(
        {line.at(0) != 0, absl::FromUnixNanos(line.at(1)), absl::FromUnixNanos(line.at(2))});
  return steps;
}

std::vector<std::string> ClientCommand(const std::string& kind, const std::string& address,
                                       int requests, uint32_t tokens) {
  return {kind, address, absl::StrCat(kWarmUp + requests), absl::StrCat(tokens)};
}

// What gRPC costs: from a client's call to the handler, and from a server's write to its client.
void MeasureBareServer(int requests, uint32_t tokens) {
  BareServer server(kStep, /*says_when=*/true);
  Child client(ClientCommand("bare-client", server.address(), requests, tokens));
  std::vector<double> calls, messages;
  for (const std::vector<int64_t>& line : ReadNumbers(&client)) {
    for (size_t i = 1; i + 2 < line.size(); i += 3) {
      if (i == 1) calls.push_back(static_cast<double>(line[i + 1] - line[0]) * 1e-3);
      messages.push_back(static_cast<double>(line[i] - line[i + 2]) * 1e-3);
    }
  }
  PrintFigure("for comparison: a call of a bare gRPC server, median", Median(calls), 0, "us");
  PrintFigure("for comparison: a message of a bare gRPC server, median", Median(messages), 0, "us");
}

void MeasureInProcess(int requests, uint32_t tokens) {
  StepTimes times;
  std::vector<RequestTimes> taken;
  Fleet fleet(RoomyFleet(64, /*run_ahead=*/false), Clock::Real());
  const auto worker = LinkWorker::Start(FakeWorkerFor(64, 4096, kStep), &fleet, &times);
  const auto serving = fleet.FindModel("");
  BATON_CHECK(serving.ok());
  for (int i = 0; i < kWarmUp + requests; ++i) {
    const auto sink = std::make_shared<TimingSink>();
    EngineRequest request;
    request.prompt.assign(kPromptTokens, kFirstByteToken + i % 256);
    request.stop.max_tokens = tokens;
    request.arrival = Clock::Real()->Now();
    const absl::Time asked = absl::Now();
    const RequestHandle handle = fleet.Submit(serving->model, std::move(request), sink);
    taken.push_back({asked, sink->Wait()});
    absl::SleepFor(kStep);
  }
  worker->Stop();
  Print("in process", Compare(taken, times.steps()), times.steps(), 100, 40);
}

struct SocketTimes {
  std::vector<RequestTimes> requests;
  std::vector<StepTime> steps;
};

// Client, `Relay` and worker as three processes; the relay is this one.
template <typename Relay>
SocketTimes TakeThroughSockets(Relay relay, int requests, uint32_t tokens, absl::Duration step) {
  SocketTimes taken;
  Child worker({"worker", relay->address(), absl::StrCat(absl::ToInt64Microseconds(step))});
  relay->WaitReady();
  Child client(ClientCommand("client", relay->address(), requests, tokens));
  taken.requests = ReadRequests(&client);
  relay.reset();
  taken.steps = ReadSteps(&worker);
  return taken;
}

std::unique_ptr<TestRouter> Router(bool run_ahead) {
  return std::make_unique<TestRouter>(RoomyFleet(64, run_ahead));
}

void MeasureThroughSockets(int requests, uint32_t tokens) {
  const SocketTimes t = TakeThroughSockets(Router(/*run_ahead=*/false), requests, tokens, kStep);
  Print("sockets", Compare(t.requests, t.steps), t.steps, 0, 0);
}

// As a client sees it, when the worker takes no time: microseconds.
struct ClientTimes {
  std::vector<double> first;  // from the call to the first piece
  std::vector<double> gaps;   // between pieces
};

void Append(const SocketTimes& taken, ClientTimes* times) {
  for (size_t r = kWarmUp; r < taken.requests.size(); ++r) {
    const RequestTimes& request = taken.requests[r];
    times->first.push_back(absl::ToDoubleMicroseconds(request.tokens.at(0) - request.asked));
    for (size_t i = 1; i < request.tokens.size(); ++i)
      times->gaps.push_back(absl::ToDoubleMicroseconds(request.tokens[i] - request.tokens[i - 1]));
  }
}

void Print(const std::string& who, const ClientTimes& times, uint32_t tokens, double first_budget,
           double next_budget) {
  const std::string where = absl::StrCat(who, ", answered at once: ");
  PrintFigure(where + "first token, median", Median(times.first), first_budget, "us");
  PrintFigure(where + "first token, 99 %", Quantile(times.first, 0.99), 0, "us");
  PrintFigure(where + "between messages, median", Median(times.gaps), next_budget, "us");
  PrintFigure(where + "between messages, 99 %", Quantile(times.gaps, 0.99), 0, "us");
  PrintFigure(where + "tokens a message",
              static_cast<double>(tokens) * static_cast<double>(times.first.size()) /
                  static_cast<double>(times.first.size() + times.gaps.size()),
              0, "");
}

// The router and a bare relay in its place, in turns.
void MeasureAnsweredAtOnce(int requests, uint32_t tokens) {
  ClientTimes router, bare;
  for (int turn = 0; turn < kTurns; ++turn) {
    Append(
        TakeThroughSockets(std::make_unique<BareRelay>(2), requests, tokens, absl::ZeroDuration()),
        &bare);
    Append(TakeThroughSockets(Router(/*run_ahead=*/true), requests, tokens, absl::ZeroDuration()),
           &router);
  }
  Print("bare relay", bare, tokens, 0, 0);
  Print("router", router, tokens, 250, 100);
  PrintFigure("router : bare relay, first token", Median(router.first) / Median(bare.first), 1.3,
              "");
  PrintFigure("router : bare relay, between messages", Median(router.gaps) / Median(bare.gaps), 0,
              "");
}

int Main(const std::vector<std::string>& words) {
  spdlog::set_level(spdlog::level::err);
  if (words.size() == 4 && (words[0] == "client" || words[0] == "bare-client")) {
    return RunClient(words[1], std::stoi(words[2]), static_cast<uint32_t>(std::stoul(words[3])),
                     words[0] == "bare-client");
  }
  if (words.size() == 3 && words[0] == "worker")
    return RunWorker(words[1], absl::Microseconds(std::stoi(words[2])));
  const int requests = words.size() > 0 ? std::stoi(words[0]) : 200;
  const uint32_t tokens =
      words.size() > 1 ? static_cast<uint32_t>(std::max(2, std::stoi(words[1]))) : 20;
  MeasureWakeUp();
  MeasureInProcess(requests, tokens);
  MeasureBareServer(requests, tokens);
  MeasureThroughSockets(requests, tokens);
  MeasureAnsweredAtOnce(requests, tokens);
  return 0;
}

}  // namespace
}  // namespace baton

int main(int argc, char** argv) {
  return baton::Main(std::vector<std::string>(argv + 1, argv + argc));
}
