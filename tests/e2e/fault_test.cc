// The real binary when its processes die or are told to stop: what streams are answered, what comes
// back, and that nothing outlives `baton serve`.
#include <signal.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "kernels/cpu/cpu_device.h"
#include "tests/e2e/cluster_fixture.h"
#include "tests/e2e/health_log.h"

namespace baton {
namespace {

constexpr uint32_t kTokens = 24;
constexpr absl::Duration kComesBack = absl::Seconds(20);

struct Shape {
  std::string name;
  int tp, pp;
};

void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

class FaultTest : public ClusterFixture {
 protected:
  void StartShape(int tp, int pp) {
    ServeFlags flags;
    flags.tp = tp;
    flags.pp = pp;
    ASSERT_NO_FATAL_FAILURE(Start(flags));
  }

  // Streams that were answered UNAVAILABLE in the middle, with tokens that were right so far.
  void ExpectLost(const std::vector<StreamResult>& results, const std::vector<TokenList>& alone) {
    for (size_t i = 0; i < results.size(); ++i) {
      EXPECT_EQ(results[i].status.code(), absl::StatusCode::kUnavailable) << results[i].status;
      EXPECT_FALSE(results[i].status.message().empty());
      EXPECT_FALSE(results[i].finished.has_value());
      EXPECT_TRUE(BeginAlike(results[i].tokens, alone[i])) << i;
    }
  }

  // Kills a process for good: afterwards it is gone.
  void KillAndProve(pid_t pid) {
    ASSERT_TRUE(IsAlive(pid));
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    ASSERT_TRUE(Eventually(absl::Seconds(2), [pid] { return !IsAlive(pid); }));
  }
};

class WorkerFaultTest : public FaultTest, public testing::WithParamInterface<Shape> {};

// Each rank in turn dies under 32 streams.
TEST_P(WorkerFaultTest, AKilledWorkerComesBackAndTheOthersStay) {
  ASSERT_NO_FATAL_FAILURE(StartShape(GetParam().tp, GetParam().pp));
  const std::vector<v1::GenerateRequest> requests = NumberedRequests(kTokens);
  const std::vector<TokenList> alone = RunEachAlone(requests);
  for (const int victim : {1, 0}) {
    SCOPED_TRACE(victim);
    const int other = 1 - victim;
    const v1::GroupStatus before = serve().Group();
    ASSERT_EQ(before.ranks_size(), 2);
    const int mappings = NumSharedMappings(before.ranks(other).pid());
    EXPECT_GT(mappings, 0);
    HealthLog health(serve().address());
    ASSERT_TRUE(health.WaitFor({true}, absl::Seconds(2)));
    Streams streams(&client(), NumberedRequests(kEndless));
    ASSERT_TRUE(streams.WaitForTokens(2));

    ASSERT_NO_FATAL_FAILURE(KillAndProve(before.ranks(victim).pid()));
    ExpectLost(streams.Join(), alone);
    ASSERT_TRUE(serve().WaitReady(kComesBack, before.epoch()));
    EXPECT_TRUE(health.WaitFor({true, false, true}, absl::Seconds(2)));
    EXPECT_TRUE(serve().WaitIdle()) << serve().Status().DebugString();

    const v1::GroupStatus after = serve().Group();
    ASSERT_EQ(after.ranks_size(), 2);
    EXPECT_GT(after.epoch(), before.epoch());
    EXPECT_NE(after.ranks(victim).pid(), before.ranks(victim).pid());
    EXPECT_TRUE(IsAlive(after.ranks(victim).pid()));
    EXPECT_EQ(after.ranks(other).pid(), before.ranks(other).pid());
    EXPECT_EQ(after.ranks(other).incarnation(), before.ranks(other).incarnation());
    EXPECT_EQ(NumSharedMappings(after.ranks(other).pid()), mappings)
        << "the survivor keeps memory of the epoch that is over";
    EXPECT_EQ(RunEachAlone(requests), alone);
  }
  ExpectStops();
}

INSTANTIATE_TEST_SUITE_P(Shapes, WorkerFaultTest,
                         testing::Values(Shape{"Tp2", 2, 1}, Shape{"Pp2", 1, 2}),
                         [](const testing::TestParamInfo<Shape>& info) { return info.param.name; });

TEST_F(FaultTest, AKilledRouterComesBackAndTheWorkersStay) {
  ASSERT_NO_FATAL_FAILURE(StartShape(2, 1));
  const std::vector<v1::GenerateRequest> requests = NumberedRequests(kTokens);
  const std::vector<TokenList> alone = RunEachAlone(requests);
  const std::vector<pid_t> workers = serve().WorkerPids();
  const uint64_t incarnation = serve().Status().router_incarnation();
  pid_t router = -1;
  for (const pid_t pid : footprint_.Processes()) {
    if (pid != serve().process().pid() && pid != workers[0] && pid != workers[1]) router = pid;
  }
  Streams streams(&client(), NumberedRequests(kEndless));
  ASSERT_TRUE(streams.WaitForTokens(2));
  ASSERT_NO_FATAL_FAILURE(KillAndProve(router));
  ExpectLost(streams.Join(), alone);
  ASSERT_TRUE(serve().WaitReady(kComesBack));
  EXPECT_NE(serve().Status().router_incarnation(), incarnation);
  EXPECT_EQ(serve().WorkerPids(), workers);
  EXPECT_TRUE(serve().WaitIdle()) << serve().Status().DebugString();
  EXPECT_EQ(RunEachAlone(requests), alone);
  ExpectStops();
}

// A process that is there but does nothing: no socket closes.
TEST_F(FaultTest, AWorkerThatHangsEndsItsStreamsAndServesAgain) {
  ServeFlags flags;
  flags.more = {"--stall-limit=1s"};
  ASSERT_NO_FATAL_FAILURE(Start(flags));
  const std::vector<v1::GenerateRequest> requests = NumberedRequests(kTokens);
  const std::vector<TokenList> alone = RunEachAlone(requests);
  const pid_t worker = serve().WorkerPids()[0];
  const uint64_t epoch = serve().Group().epoch();
  Streams streams(&client(), NumberedRequests(kEndless));
  ASSERT_TRUE(streams.WaitForTokens(2));
  ASSERT_EQ(kill(worker, SIGSTOP), 0);
  const std::vector<StreamResult> results = streams.Join();
  ExpectLost(results, alone);
  EXPECT_NE(results[0].status.message().find("without a result for 1s"), std::string::npos)
      << results[0].status;
  EXPECT_TRUE(Eventually(absl::Seconds(1), [this] { return !serve().IsServing(); }));
  ASSERT_EQ(kill(worker, SIGCONT), 0);
  ASSERT_TRUE(serve().WaitReady(kComesBack, epoch));
  EXPECT_EQ(serve().WorkerPids()[0], worker);
  EXPECT_EQ(RunEachAlone(requests), alone);
  ExpectStops();
}

TEST_F(FaultTest, NoChildOutlivesServe) {
  ASSERT_NO_FATAL_FAILURE(StartShape(2, 1));
  Streams streams(&client(), NumberedRequests(kEndless));
  ASSERT_TRUE(streams.WaitForTokens(2));
  ASSERT_EQ(footprint_.Processes().size(), 4u);
  ASSERT_NO_FATAL_FAILURE(KillAndProve(serve().process().pid()));
  EXPECT_TRUE(Eventually(absl::Seconds(2), [this] { return footprint_.Processes().empty(); }));
  for (const StreamResult& result : streams.Join()) {
    EXPECT_EQ(result.status.code(), absl::StatusCode::kUnavailable) << result.status;
  }
}

// It waits for nothing: neither for streams of clients, which there are none of, nor for the
// workers', which end only with the router.
TEST_F(FaultTest, AStopWithNothingToDoIsQuick) {
  ASSERT_NO_FATAL_FAILURE(StartShape(2, 1));
  EXPECT_EQ(Faults(NumberedRequest(0, 5), RunAlone(&client(), NumberedRequest(0, 5))), "");
  ExpectStops(absl::Milliseconds(300));
}

// Told to end while it takes memory: it does not take it all first.
TEST_F(FaultTest, AWorkerThatLoadsStopsAtOnce) {
  const int64_t kv_memory = std::min<int64_t>(int64_t{6} << 30, CpuDevice().FreeMemory() / 2);
  Process worker({"worker", absl::StrCat("--router=127.0.0.1:", FreePort()), "--model",
                  TinyModelPath(), absl::StrCat("--kv-memory=", kv_memory)});
  ASSERT_TRUE(Eventually(absl::Seconds(5), [&] {
    return ResidentBytes(worker.pid()) > int64_t{150} << 20;
  })) << worker.Stderr();
  worker.Signal(SIGTERM);
  const absl::Time start = absl::Now();
  EXPECT_EQ(worker.Wait(absl::Seconds(10)), absl::optional<int>(0)) << worker.Stderr();
  EXPECT_LT(absl::Now() - start, absl::Milliseconds(300));
}

TEST_F(FaultTest, SigtermEndsStreamsAsDrainedWithinTwoSeconds) {
  ASSERT_NO_FATAL_FAILURE(StartShape(2, 1));
  const std::vector<TokenList> alone = RunEachAlone(NumberedRequests(kTokens));
  Streams streams(&client(), NumberedRequests(kEndless));
  ASSERT_TRUE(streams.WaitForTokens(2));
  ExpectStops(absl::Seconds(2));
  const std::vector<StreamResult> results = streams.Join();
  for (int i = 0; i < kNumStreams; ++i) {
    EXPECT_TRUE(results[i].status.ok()) << results[i].status;
    ASSERT_TRUE(results[i].finished.has_value());
    EXPECT_EQ(results[i].finished->reason(), v1::FINISH_REASON_DRAIN);
    EXPECT_EQ(results[i].finished->usage().output_tokens(), results[i].tokens.size());
    EXPECT_TRUE(BeginAlike(results[i].tokens, alone[i])) << i;
  }
}

TEST_F(FaultTest, ADrainTimeoutLetsStreamsFinish) {
  ServeFlags flags;
  flags.tp = 2;
  flags.more = {"--drain-timeout=20s"};
  ASSERT_NO_FATAL_FAILURE(Start(flags));
  const std::vector<v1::GenerateRequest> requests = NumberedRequests(500);
  Streams streams(&client(), requests);
  ASSERT_TRUE(streams.WaitForTokens(1));
  int running = 0;
  for (int i = 0; i < kNumStreams; ++i) running += !streams.HasEnded(i);
  ASSERT_EQ(running, kNumStreams);
  ExpectStops(absl::Seconds(22));
  const std::vector<StreamResult> results = streams.Join();
  for (int i = 0; i < kNumStreams; ++i) EXPECT_EQ(Faults(requests[i], results[i]), "");
}

}  // namespace
}  // namespace baton
