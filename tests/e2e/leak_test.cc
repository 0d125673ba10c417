// Ten thousand requests that end in every way there is leave nothing behind: no block, no thread,
// no descriptor and no memory, in the router or in a worker.
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/cluster_fixture.h"
#include "tests/e2e/process_stats.h"
#include "tests/e2e/random_calls.h"

namespace baton {
namespace {

constexpr int kFirst = 1000;  // by then everything is there that is made once
constexpr int kBatch = 250;
constexpr int kAtOnce = 32;
constexpr int kVanishing = 16;  // requests of a client that is killed
// What the heap may grow by through fragmentation, in a process: nearly a kilobyte a request. What
// a request keeps for itself (its journal, its text, its stream) is more.
constexpr int64_t kMargin = 8 << 20;

int NumRequests() {
  int requests = 10000;
  const char* text = std::getenv("BATON_LEAK_REQUESTS");
  if (text != nullptr && !absl::SimpleAtoi(text, &requests)) ADD_FAILURE() << text;
  return std::max(requests, 2 * kFirst);
}

class LeakTest : public ClusterFixture {
 protected:
  // Makes `count` requests, those of clients that are killed among them.
  void Run(int count, RandomCalls* calls) {
    while (count > 0) {
      std::unique_ptr<Process> client;
      if (batch_++ % 4 == 0) client = StartClient();
      const int batch = std::min(count, kBatch) - (client == nullptr ? 0 : kVanishing);
      calls->RunBatch(std::max(batch, 0), kAtOnce);
      count -= kBatch;
      if (client == nullptr) continue;
      client->Signal(SIGKILL);
      EXPECT_TRUE(client->Wait(absl::Seconds(5)).has_value());
    }
  }

  void ExpectIdle() {
    ASSERT_TRUE(serve().WaitIdle(absl::Seconds(10))) << serve().Status().DebugString();
  }

  // What is held once nothing runs. Connections take a moment to close, and threads to end.
  ClusterStats Settled() {
    absl::SleepFor(absl::Seconds(3));
    return ReadClusterStats(serve().process().pid());
  }

  std::unique_ptr<Process> StartClient() {
    const std::string prompts = absl::StrCat(testing::TempDir(), "/baton_e2e_leak_prompts.txt");
    std::ofstream file(prompts);
    for (int i = 0; i < kVanishing; ++i) file << "This is prompt number " << i << "\n";
    file.close();
    return std::make_unique<Process>(
        std::vector<std::string>{"generate", "--server", serve().address(), "--file", prompts,
                                 "--ignore-eos", absl::StrCat("--concurrency=", kVanishing),
                                 absl::StrCat("--max-tokens=", kEndless), "--json"});
  }

  int batch_ = 0;
};

TEST_F(LeakTest, RequestsLeaveNothingBehind) {
  ServeFlags flags;
  flags.tp = 2;
  flags.kv_memory = "2MiB";  // sequences are pre-empted, too
  flags.more = {"--max-running=24", "--max-queue-requests=16"};
  ASSERT_NO_FATAL_FAILURE(Start(flags));
  RandomCalls calls(serve().address(), 1);
  Run(kFirst, &calls);
  ASSERT_NO_FATAL_FAILURE(ExpectIdle());
  const ClusterStats before = Settled();
  Run(NumRequests() - kFirst, &calls);
  ASSERT_NO_FATAL_FAILURE(ExpectIdle());
  ClusterStats after;
  Eventually(absl::Seconds(10), [&] {
    after = ReadClusterStats(serve().process().pid());
    return LeakFaults(before, after, kMargin).empty();
  });
  EXPECT_EQ(LeakFaults(before, after, kMargin), "");
  EXPECT_EQ(before.size(), 3u);
  std::cout << "after " << kFirst << ": " << ToText(before) << "\nafter " << NumRequests() << ": "
            << ToText(after) << "\n";
  for (const auto& [end, count] : calls.ends()) std::cout << "  " << count << " " << end << "\n";
  // All of these ways were really gone.
  for (const char* end :
       {"OK", "CANCELLED", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "INVALID_ARGUMENT"}) {
    EXPECT_GE(calls.ends().count(end), 1u) << end;
  }
  EXPECT_EQ(Faults(NumberedRequest(0, 5), RunAlone(&client(), NumberedRequest(0, 5))), "");
  ExpectStops();
}

}  // namespace
}  // namespace baton
