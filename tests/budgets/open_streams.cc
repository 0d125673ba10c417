// What ten thousand open streams cost the router in resident memory, with 100 streams to a
// connection and with a connection for each: everything in its process counts, gRPC included, but
// for four bytes for each token of the journals. The worker gives every stream a token once in a
// while, so that all of them run.
//
//   bazel run //tests/budgets:open_streams [-- STREAMS [PROMPT_TOKENS]]
#include <malloc.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/check.h"
#include "spdlog/spdlog.h"
#include "tests/budgets/child.h"
#include "tests/budgets/many_streams.h"
#include "tests/budgets/samples.h"
#include "tests/budgets/stream_worker.h"
#include "tests/budgets/test_router.h"

namespace baton {
namespace {

constexpr int kWarmUp = 100;  // streams
constexpr int kMaxStreams = 12000;
constexpr uint64_t kBlocks = 1 << 20;
constexpr absl::Duration kStep = absl::Seconds(2);

double ResidentBytes() {
  malloc_trim(0);
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

Child OpenStreams(const std::string& address, int streams, int per_connection, int prompt_tokens) {
  return Child({"client", address, std::to_string(streams), std::to_string(per_connection),
                std::to_string(prompt_tokens)});
}

void Measure(int streams, int per_connection, int prompt_tokens) {
  TestRouter router(RoomyFleet(kMaxStreams, /*run_ahead=*/true));
  Child worker({"worker", router.address()});
  router.WaitReady();
  Child warm_up = OpenStreams(router.address(), kWarmUp, per_connection, prompt_tokens);
  BATON_CHECK(warm_up.ReadLine() == "open");
  const double before = ResidentBytes();
  const uint64_t output_before = router.output_tokens();
  const absl::Time start = absl::Now();
  Child client = OpenStreams(router.address(), streams, per_connection, prompt_tokens);
  BATON_CHECK(client.ReadLine() == "open");
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  const double journal = static_cast<double>(prompt_tokens) * streams +
                         static_cast<double>(router.output_tokens() - output_before);
  const double all = (ResidentBytes() - before) / streams / 1024;
  const double tokens = 4 * journal / streams / 1024;
  std::printf("%d streams, %d to a connection, prompts of %d tokens; open after %.1f s\n", streams,
              per_connection, prompt_tokens, seconds);
  PrintFigure("  resident memory a stream", all, 0, "KiB");
  PrintFigure("  of which journal (4 bytes a token)", tokens, 0, "KiB");
  PrintFigure("  a stream without its journal", all - tokens, 64, "KiB");
}

int Main(const std::vector<std::string>& words) {
  spdlog::set_level(spdlog::level::err);
  RaiseFileLimit();
  if (words.size() == 5 && words[0] == "client") {
    return RunManyStreams({words[1], std::stoi(words[2]), std::stoi(words[3]),
                           static_cast<uint32_t>(std::stoul(words[4])), 1024});
  }
  if (words.size() == 2 && words[0] == "worker") {
    StreamWorker worker(FakeWorkerFor(kMaxStreams, kBlocks, kStep), words[1], nullptr);
    worker.Wait();
    return 0;
  }
  const int streams = words.size() > 0 ? std::stoi(words[0]) : 10000;
  const int prompt_tokens = words.size() > 1 ? std::stoi(words[1]) : 512;
  BATON_CHECK(streams + kWarmUp <= kMaxStreams);
  Measure(streams, 100, prompt_tokens);
  Measure(streams, 1, prompt_tokens);
  return 0;
}

}  // namespace
}  // namespace baton

int main(int argc, char** argv) {
  return baton::Main(std::vector<std::string>(argv + 1, argv + argc));
}
