// What the router adds to a token's way, with one stream and a worker that computes nothing: within
// the router's process, from Fleet::Submit to the plan and from the result to the sink, and through
// sockets, from the client's call to the worker's plan and from the worker's result to the client.
// The worker waits a little before every result, so that each finds the router asleep.
//
//   bazel run //tests/budgets:latency [-- REQUESTS [TOKENS]]
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "client/client.h"
#include "common/check.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "router/tokenizer/test_vocabulary.h"
#include "spdlog/spdlog.h"
#include "tests/budgets/bare_server.h"
#include "tests/budgets/link_worker.h"
#include "tests/budgets/samples.h"
#include "tests/budgets/stream_worker.h"
#include "tests/budgets/test_router.h"

namespace baton {
namespace {

constexpr absl::Duration kStep = absl::Milliseconds(1);
constexpr int kWarmUp = 10;  // requests
constexpr int kPromptTokens = 64;

struct Latencies {
  std::vector<double> to_plan;         // microseconds from the request to the first plan
  std::vector<double> to_first_token;  // and from the first result to its token, added
  std::vector<double> to_token;        // from a later result to its token
};

void Print(const std::string& where, const Latencies& l, const std::vector<double>& gaps,
           double first_budget, double next_budget) {
  PrintFigure(where + ": request to plan, median", Median(l.to_plan), 0, "us");
  PrintFigure(where + ": added to the first token, median", Median(l.to_first_token), first_budget,
              "us");
  PrintFigure(where + ": added to the first token, 99 %", Quantile(l.to_first_token, 0.99), 0,
              "us");
  PrintFigure(where + ": result to token, median", Median(l.to_token), next_budget, "us");
  PrintFigure(where + ": result to token, 99 %", Quantile(l.to_token, 0.99), 0, "us");
  PrintFigure(where + ": result to next plan (no run-ahead), median", Median(gaps), next_budget,
              "us");
}

// Takes the times of one request's tokens.
class TimingSink : public RequestSink {
 public:
  explicit TimingSink(const StepTimes* times) : times_(times) {}
  void OnStarted(const StartedEvent&) override {}
  bool OnPrompt(PromptEvent) override { return true; }
  bool OnPiece(PieceEvent) override {
    const absl::Time now = absl::Now();
    added_.push_back(absl::ToDoubleMicroseconds(now - times_->result()));
    if (added_.size() == 1) planned_ = times_->plan();
    return true;
  }
  void OnChoiceFinished(const ChoiceEnd&) override {}
  void OnFinished(const FinishedEvent&) override { End(); }
  void OnError(const absl::Status&) override { End(); }

  void Wait() {
    MutexLock lock(&mu_);
    while (!ended_) changed_.Wait(&mu_);
  }
  // After Wait: from each result to its token, and when the first plan was there.
  const std::vector<double>& added() const { return added_; }
  absl::Time planned() const { return planned_; }

 private:
  void End() {
    MutexLock lock(&mu_);
    ended_ = true;
    changed_.Signal();
  }

  const StepTimes* const times_;
  std::vector<double> added_;
  absl::Time planned_;
  Mutex mu_;
  CondVar changed_;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
};

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

// What gRPC costs: from a client's call to the handler, and from a server's write to its client.
void MeasureBareServer(int requests) {
  BareServer server(kStep);
  const auto client = Client::Connect(server.address());
  BATON_CHECK(client.ok());
  std::vector<double> calls, messages;
  v1::GenerateRequest request;
  for (int t = 0; t < kPromptTokens; ++t) request.mutable_tokens()->add_ids(kFirstByteToken);
  for (int i = 0; i < kWarmUp + requests; ++i) {
    const absl::Time asked = absl::Now();
    const auto call = (*client)->Generate(request);
    v1::GenerateResponse response;
    for (int token = 0; token < 10 && call->Read(&response); ++token) {
      const absl::Time now = absl::Now();
      if (i < kWarmUp) continue;
      if (token == 0) calls.push_back(absl::ToDoubleMicroseconds(server.called() - asked));
      messages.push_back(absl::ToDoubleMicroseconds(now - server.stepped()));
    }
    call->Cancel();
  }
  PrintFigure("for comparison: a call of a bare gRPC server, median", Median(calls), 0, "us");
  PrintFigure("for comparison: a message of a bare gRPC server, median", Median(messages), 0, "us");
}

void Take(absl::Time asked, absl::Time planned, const std::vector<double>& added, Latencies* l) {
  l->to_plan.push_back(absl::ToDoubleMicroseconds(planned - asked));
  l->to_first_token.push_back(l->to_plan.back() + added.at(0));
  l->to_token.insert(l->to_token.end(), added.begin() + 1, added.end());
}

void MeasureInProcess(int requests, uint32_t tokens) {
  StepTimes times;
  Latencies latencies;
  Fleet fleet(RoomyFleet(64, /*run_ahead=*/false), Clock::Real());
  const auto worker = LinkWorker::Start(FakeWorkerFor(64, 4096, kStep), &fleet, &times);
  const auto serving = fleet.FindModel("");
  BATON_CHECK(serving.ok());
  for (int i = 0; i < kWarmUp + requests; ++i) {
    const auto sink = std::make_shared<TimingSink>(&times);
    EngineRequest request;
    request.prompt.assign(kPromptTokens, kFirstByteToken + i % 256);
    request.stop.max_tokens = tokens;
    request.arrival = Clock::Real()->Now();
    const absl::Time asked = absl::Now();
    const RequestHandle handle = fleet.Submit(serving->model, std::move(request), sink);
    sink->Wait();
    if (i >= kWarmUp) Take(asked, sink->planned(), sink->added(), &latencies);
    absl::SleepFor(kStep);
  }
  worker->Stop();
  Print("in process", latencies, times.gaps(), 100, 40);
}

void MeasureThroughSockets(int requests, uint32_t tokens) {
  StepTimes times;
  Latencies latencies;
  TestRouter router(RoomyFleet(64, /*run_ahead=*/false));
  StreamWorker worker(FakeWorkerFor(64, 4096, kStep), router.address(), &times);
  router.WaitReady();
  const auto client = Client::Connect(router.address());
  BATON_CHECK(client.ok());
  for (int i = 0; i < kWarmUp + requests; ++i) {
    v1::GenerateRequest request;
    for (int t = 0; t < kPromptTokens; ++t)
      request.mutable_tokens()->add_ids(static_cast<uint32_t>(kFirstByteToken + i % 256));
    request.mutable_stop()->set_max_tokens(tokens);
    std::vector<double> added;
    absl::Time planned;
    const absl::Time asked = absl::Now();
    const auto call = (*client)->Generate(request);
    v1::GenerateResponse response;
    while (call->Read(&response)) {
      const absl::Time now = absl::Now();
      if (!response.has_piece()) continue;
      added.push_back(absl::ToDoubleMicroseconds(now - times.result()));
      if (added.size() == 1) planned = times.plan();
    }
    BATON_CHECK(call->Finish().ok());
    if (i >= kWarmUp) Take(asked, planned, added, &latencies);
    absl::SleepFor(kStep);
  }
  Print("sockets", latencies, times.gaps(), 250, 100);
}

}  // namespace
}  // namespace baton

int main(int argc, char** argv) {
  const int requests = argc > 1 ? std::atoi(argv[1]) : 200;
  const uint32_t tokens = argc > 2 ? static_cast<uint32_t>(std::max(2, std::atoi(argv[2]))) : 20;
  spdlog::set_level(spdlog::level::err);
  baton::MeasureWakeUp();
  baton::MeasureInProcess(requests, tokens);
  baton::MeasureBareServer(requests);
  baton::MeasureThroughSockets(requests, tokens);
  return 0;
}
