// The CPU time that a relayed token costs the router's process, beside that of a bare gRPC server
// which sends the same messages over as many connections. Client and worker are other processes.
// Three servers take turns, so that all see the same machine:
//   bare       gRPC alone
//   router     the router, with a worker behind WorkerLink in its process, whose own time is taken
//              off: what Baton adds to gRPC
//   +attach    the router with a worker that is attached through gRPC: what a step's messages add,
//              over all streams
//
//   bazel run //tests/budgets:relay_cpu [-- PAIRS [SECONDS [STREAMS [CONNECTIONS [STEP_MS]]]]]
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/check.h"
#include "spdlog/spdlog.h"
#include "tests/budgets/bare_server.h"
#include "tests/budgets/child.h"
#include "tests/budgets/link_worker.h"
#include "tests/budgets/many_streams.h"
#include "tests/budgets/samples.h"
#include "tests/budgets/stream_worker.h"
#include "tests/budgets/test_router.h"

namespace baton {
namespace {

struct Load {
  int pairs = 5;
  double seconds = 4;
  int streams = 256;
  int connections = 8;
  int step_ms = 25;
  absl::Duration step() const { return absl::Milliseconds(step_ms); }
};

constexpr uint64_t kBlocks = 1 << 17;

absl::Duration ProcessCpu() {
  timespec t;
  BATON_CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
  return absl::DurationFromTimespec(t);
}

struct Cost {
  double micros_per_token = 0;
  double tokens_per_message = 0;
};

// Opens the streams and measures for a while. `others`: CPU time that is not the server's.
Cost Measure(const Load& load, const std::string& address, const std::function<int64_t()>& tokens,
             const std::function<absl::Duration()>& others) {
  Child client({"client", address, std::to_string(load.streams),
                std::to_string(load.streams / load.connections)});
  BATON_CHECK(client.ReadLine() == "open");
  absl::SleepFor(absl::Milliseconds(300));
  const int64_t tokens_before = tokens();
  const absl::Duration before = ProcessCpu() - others();
  absl::SleepFor(absl::Seconds(load.seconds));
  const absl::Duration spent = ProcessCpu() - others() - before;
  const int64_t relayed = tokens() - tokens_before;
  client.CloseInput();
  long long pieces = 0, received = 0;
  BATON_CHECK(std::sscanf(client.ReadLine().c_str(), "%lld %lld", &pieces, &received) == 2);
  return {absl::ToDoubleMicroseconds(spent) / static_cast<double>(relayed),
          static_cast<double>(received) / static_cast<double>(pieces)};
}

Cost MeasureBare(const Load& load) {
  BareServer server(load.step());
  return Measure(
      load, server.address(), [&] { return server.tokens(); }, [] { return absl::Duration(); });
}

Cost MeasureRouter(const Load& load) {
  TestRouter router(RoomyFleet(static_cast<uint32_t>(load.streams), /*run_ahead=*/true));
  const auto worker =
      LinkWorker::Start(FakeWorkerFor(static_cast<uint32_t>(load.streams), kBlocks, load.step()),
                        &router.fleet(), nullptr);
  const Cost cost = Measure(
      load, router.address(), [&] { return static_cast<int64_t>(router.output_tokens()); },
      [&] { return worker->CpuTime(); });
  worker->Stop();
  return cost;
}

Cost MeasureRouterWithAttach(const Load& load) {
  TestRouter router(RoomyFleet(static_cast<uint32_t>(load.streams), /*run_ahead=*/true));
  Child worker(
      {"worker", router.address(), std::to_string(load.streams), std::to_string(load.step_ms)});
  router.WaitReady();
  return Measure(
      load, router.address(), [&] { return static_cast<int64_t>(router.output_tokens()); },
      [] { return absl::Duration(); });
}

void Print(const Load& load) {
  std::vector<double> bare, router, attach, own, own_attach, ratio, ratio_attach, merged;
  for (int pair = 0; pair < load.pairs; ++pair) {
    const Cost b = MeasureBare(load), r = MeasureRouter(load), a = MeasureRouterWithAttach(load);
    bare.push_back(b.micros_per_token);
    router.push_back(r.micros_per_token);
    attach.push_back(a.micros_per_token);
    own.push_back(router.back() - bare.back());
    own_attach.push_back(attach.back() - bare.back());
    ratio.push_back(router.back() / bare.back());
    ratio_attach.push_back(attach.back() / bare.back());
    merged.push_back(a.tokens_per_message);
    std::printf(
        "pair %d: bare %.2f, router %.2f, +attach %.2f us; tokens a message %.2f %.2f %.2f\n",
        pair + 1, bare.back(), router.back(), attach.back(), b.tokens_per_message,
        r.tokens_per_message, a.tokens_per_message);
    std::fflush(stdout);
  }
  std::printf("%d streams on %d connections, a token each in %d ms; medians of %d pairs\n",
              load.streams, load.connections, load.step_ms, load.pairs);
  PrintFigure("bare gRPC, CPU a token", Median(bare), 0, "us");
  PrintFigure("router, CPU a token", Median(router), 0, "us");
  PrintFigure("router with the Attach stream, CPU a token", Median(attach), 0, "us");
  PrintFigure("router's own code, a token (router - bare)", Median(own), 5, "us");
  PrintFigure("the same with the Attach stream and its gRPC", Median(own_attach), 0, "us");
  PrintFigure("router : bare", Median(ratio), 1.3, "x");
  PrintFigure("router with the Attach stream : bare", Median(ratio_attach), 0, "x");
  PrintFigure("tokens a message (1: none were merged)", Median(merged), 0, "");
}

int Main(const std::vector<std::string>& words) {
  spdlog::set_level(spdlog::level::err);
  if (words.size() == 4 && words[0] == "client") {
    return RunManyStreams({words[1], std::stoi(words[2]), std::stoi(words[3]), 32, 16384});
  }
  if (words.size() == 4 && words[0] == "worker") {
    StreamWorker worker(FakeWorkerFor(static_cast<uint32_t>(std::stoul(words[2])), kBlocks,
                                      absl::Milliseconds(std::stoi(words[3]))),
                        words[1], nullptr);
    worker.Wait();
    return 0;
  }
  Load load;
  if (words.size() > 0) load.pairs = std::stoi(words[0]);
  if (words.size() > 1) load.seconds = std::stod(words[1]);
  if (words.size() > 2) load.streams = std::stoi(words[2]);
  if (words.size() > 3) load.connections = std::stoi(words[3]);
  if (words.size() > 4) load.step_ms = std::stoi(words[4]);
  Print(load);
  return 0;
}

}  // namespace
}  // namespace baton

int main(int argc, char** argv) {
  return baton::Main(std::vector<std::string>(argv + 1, argv + argc));
}
