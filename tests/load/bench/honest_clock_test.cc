// The clock is honest: against a server whose delays are set, every figure is what the server's own
// record says, for requests that had to wait behind a stall, too. It is a test of times, so it
// counts only runs that the tool itself calls valid, and runs alone (tag "exclusive").
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/load/backend/baton_backend.h"
#include "tests/load/backend/openai_backend.h"
#include "tests/load/fake/timed_http_server.h"
#include "tests/load/fake/timed_server.h"
#include "tests/load/metrics/run_summary.h"
#include "tests/load/metrics/verdict.h"
#include "tests/load/run/load_run.h"
#include "tests/load/workload/arrivals.h"

namespace baton {
namespace {

constexpr uint32_t kTokens = 6;

// Requests that the server can tell apart.
class NumberedWorkload : public Workload {
 public:
  explicit NumberedWorkload(size_t size) : size_(size) {}
  size_t size() const override { return size_; }
  LoadRequest Request(size_t i) const override {
    LoadRequest request;
    request.index = i;
    request.prompt = std::vector<uint32_t>{static_cast<uint32_t>(i + 1), 7};
    request.max_tokens = kTokens;
    request.ignore_eos = true;
    return request;
  }

 private:
  const size_t size_;
};

struct Truth {
  Samples ttft, ttft_from_schedule, e2el, e2el_from_schedule, itl, tpot;
};

struct Observed {
  LoadRunResult run;
  RunSummary summary;
  Truth truth;
};

// A server, what talks to it, and the server's own record.
struct Target {
  std::shared_ptr<void> server;
  std::unique_ptr<Backend> backend;  // goes first
  std::function<std::vector<ServedRequest>()> served;
};
using MakeTarget = Target (*)(const TimedServerScript&);

Target OverGrpc(const TimedServerScript& script) {
  auto server = std::make_shared<TimedServer>(script);
  BatonBackend::Options options;
  options.transport.address = server->address();
  return {server, std::make_unique<BatonBackend>(options), [server] { return server->served(); }};
}

Target OverHttp(const TimedServerScript& script) {
  auto server = std::make_shared<TimedHttpServer>(script);
  OpenAiOptions options;
  options.base_url = server->url();
  return {server, std::make_unique<OpenAiBackend>(options), [server] { return server->served(); }};
}

Truth MakeTruth(const std::vector<ServedRequest>& requests, absl::Time start,
                const std::vector<absl::Duration>& arrivals) {
  Truth truth;
  for (const ServedRequest& served : requests) {
    if (served.written.empty()) continue;
    const absl::Time first = served.written.front(), last = served.written.back();
    truth.ttft.Add(first - served.arrived);
    truth.e2el.Add(last - served.arrived);
    const absl::Time due = start + arrivals[served.first_prompt_id - 1];
    truth.ttft_from_schedule.Add(first - due);
    truth.e2el_from_schedule.Add(last - due);
    truth.tpot.Add((last - first) / (kTokens - 1));
    for (size_t i = 1; i < served.written.size(); ++i) {
      truth.itl.Add(served.written[i] - served.written[i - 1]);
    }
  }
  return truth;
}

// The naive way: the same requests, each sent when another has ended.
RunSummary ClosedLoop(const Target& target, size_t requests, size_t cap) {
  LoadRunOptions options;
  options.max_concurrency = cap;
  return Summarise(RunLoad(target.backend.get(), NumberedWorkload(requests), options),
                   Objectives());
}

Observed Observe(Target target, double rate, size_t requests, absl::optional<size_t> cap) {
  Observed observed;
  const auto arrivals = PoissonArrivals(rate, absl::Seconds(1e6), 7);
  LoadRunOptions options;
  options.arrivals.emplace(arrivals.begin(),
                           arrivals.begin() + static_cast<std::ptrdiff_t>(requests));
  options.max_concurrency = cap;
  const auto facts = target.backend->Connect(absl::Seconds(10));
  EXPECT_TRUE(facts.ok()) << facts.status();
  observed.run = RunLoad(target.backend.get(), NumberedWorkload(requests), options);
  target.backend.reset();
  observed.summary = Summarise(observed.run, Objectives());
  observed.truth = MakeTruth(target.served(), observed.run.start, arrivals);
  return observed;
}

// Whether all percentiles up to the 99th are within 1 ms or 1 %.
bool IsClose(const Samples& seen, const Samples& truth) {
  if (seen.count() != truth.count()) return false;
  for (const double p : {1, 5, 10, 25, 50, 75, 90, 95, 99}) {
    const double expected = truth.Percentile(p);
    if (std::abs(seen.Percentile(p) - expected) > std::max(1.0, expected / 100)) return false;
  }
  return true;
}

std::string Show(const Samples& seen, const Samples& truth) {
  std::string text;
  for (const double p : {1, 50, 90, 99}) {
    text += " p" + std::to_string(static_cast<int>(p)) + " " + std::to_string(seen.Percentile(p)) +
            " for " + std::to_string(truth.Percentile(p));
  }
  return text + " of " + std::to_string(seen.count()) + " and " + std::to_string(truth.count());
}

// What differs, in words; "" if nothing does.
std::string Difference(const Observed& observed) {
  const RunSummary& summary = observed.summary;
  const Truth& truth = observed.truth;
  const std::map<std::string, std::pair<const Samples*, const Samples*>> metrics = {
      {"ttft", {&summary.ttft, &truth.ttft}},
      {"ttft_from_schedule", {&summary.ttft_from_schedule, &truth.ttft_from_schedule}},
      {"e2el", {&summary.e2el, &truth.e2el}},
      {"e2el_from_schedule", {&summary.e2el_from_schedule, &truth.e2el_from_schedule}},
      {"itl", {&summary.gaps.itl, &truth.itl}},
      {"tpot", {&summary.tpot, &truth.tpot}}};
  std::string text;
  for (const auto& [name, pair] : metrics) {
    if (!IsClose(*pair.first, *pair.second)) {
      text += name + Show(*pair.first, *pair.second) + "\n";
    }
  }
  return text;
}

// Whether the tool is right in some run that it calls valid. A machine that is busy with other
// things delays server and tool alike, so there are many tries; a clock that is wrong is so in
// every one of them. `control` is told each run.
void ExpectRight(MakeTarget make, const TimedServerScript& script, double rate,
                 absl::optional<size_t> cap, const std::function<void(const Observed&)>& control) {
  std::string last;
  for (int attempt = 0; attempt < 20; ++attempt) {
    const Observed observed = Observe(make(script), rate, 200, cap);
    control(observed);
    const std::vector<std::string> reasons =
        WhyInvalid(observed.run, observed.summary, /*has_schedule=*/true);
    last = reasons.empty() ? Difference(observed) : reasons.front();
    if (last.empty()) return;
  }
  ADD_FAILURE() << last;
}

class HonestClockTest : public testing::TestWithParam<MakeTarget> {};

TEST_P(HonestClockTest, EveryFigureIsTheServersOwn) {
  TimedServerScript script;
  script.first_token = absl::Milliseconds(80);
  script.gap = absl::Milliseconds(15);
  ExpectRight(GetParam(), script, 60, absl::nullopt, [](const Observed&) {});
}

// Requests that came during the stall waited at the cap, and their wait counts.
TEST_P(HonestClockTest, WaitingBehindAStallCounts) {
  TimedServerScript script;
  script.first_token = absl::Milliseconds(40);
  script.gap = absl::Milliseconds(10);
  script.stall = {absl::Milliseconds(800), absl::Milliseconds(1500)};
  // The controls: a closed loop, and a clock that starts when the request could at last be sent.
  // Both see a server that is slow to a few, and the same check finds them out.
  Target target = GetParam()(script);
  ASSERT_TRUE(target.backend->Connect(absl::Seconds(10)).ok());
  const RunSummary naive = ClosedLoop(target, 200, 12);
  ExpectRight(GetParam(), script, 60, 12, [&naive](const Observed& observed) {
    EXPECT_FALSE(IsClose(naive.ttft, observed.truth.ttft_from_schedule));
    EXPECT_FALSE(IsClose(naive.e2el, observed.truth.e2el_from_schedule));
    EXPECT_FALSE(IsClose(observed.summary.ttft, observed.truth.ttft_from_schedule));
    EXPECT_FALSE(IsClose(observed.summary.e2el, observed.truth.e2el_from_schedule));
    EXPECT_GT(observed.summary.ttft_from_schedule.Percentile(75),
              3 * observed.summary.ttft.Percentile(75));
  });
}

INSTANTIATE_TEST_SUITE_P(Grpc, HonestClockTest, testing::Values(OverGrpc));
INSTANTIATE_TEST_SUITE_P(Http, HonestClockTest, testing::Values(OverHttp));

}  // namespace
}  // namespace baton
