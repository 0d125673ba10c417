// The real binary, end to end: streams over every shape of cluster, cancels, deadlines and clients
// that vanish. Afterwards no block is held, and nothing is left on the machine.
#include <signal.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/cluster_fixture.h"
#include "tests/model/test_group.h"

namespace baton {
namespace {

constexpr uint32_t kTokens = 24;

struct Shape {
  std::string name;
  int tp, pp, groups;
  std::string kv_memory;
  std::vector<std::string> more;
};

void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

class ShapeTest : public ClusterFixture, public testing::WithParamInterface<Shape> {};

// What each numerics class gave: it must be the same from every cluster of that class.
std::map<std::string, std::vector<TokenList>>& TokensByClass() {
  static auto* tokens = new std::map<std::string, std::vector<TokenList>>();
  return *tokens;
}

// The tokens of a prompt are the same whether it ran alone or among 32.
TEST_P(ShapeTest, ManyStreamsGiveTheTokensOfEachAlone) {
  const Shape& shape = GetParam();
  ServeFlags flags;
  flags.tp = shape.tp;
  flags.pp = shape.pp;
  flags.groups = shape.groups;
  flags.kv_memory = shape.kv_memory;
  flags.more = shape.more;
  ASSERT_NO_FATAL_FAILURE(Start(flags));
  EXPECT_TRUE(Eventually(absl::Seconds(1), [this] { return serve().IsServing(); }));
  EXPECT_EQ(serve().WorkerPids().size(), static_cast<size_t>(shape.tp * shape.pp));

  const std::vector<v1::GenerateRequest> requests = NumberedRequests(kTokens);
  const std::vector<TokenList> alone = RunEachAlone(requests);
  const std::vector<StreamResult> together = Streams(&client(), requests).Join();
  std::set<std::string> groups;
  for (int i = 0; i < kNumStreams; ++i) {
    SCOPED_TRACE(requests[i].request_id());
    ASSERT_EQ(Faults(requests[i], together[i]), "");
    EXPECT_EQ(together[i].tokens, alone[i]);
    groups.insert(together[i].started->group());
    v1::DetokenizeRequest detokenize;
    detokenize.set_skip_special(true);
    for (const uint32_t id : alone[i]) detokenize.add_token_ids(id);
    const auto text = client().Detokenize(detokenize);
    ASSERT_TRUE(text.ok()) << text.status();
    EXPECT_EQ(together[i].text, text->text());
  }
  EXPECT_EQ(groups.size(), static_cast<size_t>(shape.groups));
  EXPECT_GT(std::set<TokenList>(alone.begin(), alone.end()).size(), 20u)
      << "the prompts do not tell requests apart";
  const auto [same_class, is_first] =
      TokensByClass().try_emplace(together[0].started->numerics_class(), alone);
  EXPECT_EQ(same_class->second, alone) << same_class->first;

  EXPECT_TRUE(serve().WaitIdle()) << serve().Status().DebugString();
  uint64_t finished = 0, tokens = 0;
  const v1::GetClusterStatusResponse status = serve().Status();
  for (const v1::GroupStatus& group : status.groups()) {
    finished += group.requests_finished();
    tokens += group.output_tokens();
  }
  EXPECT_EQ(finished, 2u * kNumStreams);
  EXPECT_EQ(tokens, 2u * kNumStreams * kTokens);
  ExpectStops();
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, ShapeTest,
    testing::Values(Shape{"Tp2", 2, 1, 1, "64MiB", {}}, Shape{"Pp2", 1, 2, 1, "64MiB", {}},
                    Shape{"Tp2Pp2", 2, 2, 1, "64MiB", {}}, Shape{"Groups2", 1, 1, 2, "64MiB", {}},
                    // Prompts in chunks beside decodes, and queueing for slots.
                    Shape{"Chunks", 2, 1, 1, "64MiB", {"--max-step-tokens=16", "--max-running=12"}},
                    // 2048 tokens of KV cache for prompts and outputs of about 4000: sequences
                    // wait, or give their blocks back and run again.
                    Shape{"LittleMemory", 2, 1, 1, "256KiB", {}}),
    [](const testing::TestParamInfo<Shape>& info) { return info.param.name; });

class ClusterTest : public ClusterFixture {};

TEST_F(ClusterTest, CancelsInTheMiddleFreeBlocksAndDisturbNobody) {
  ServeFlags flags;
  flags.tp = 2;
  ASSERT_NO_FATAL_FAILURE(Start(flags));
  std::vector<v1::GenerateRequest> requests = NumberedRequests(kTokens);
  const std::vector<TokenList> alone = RunEachAlone(requests);
  for (int i = 0; i < kNumStreams; ++i) {
    requests[i].mutable_stop()->set_max_tokens(i % 2 == 1 ? kEndless : 200);
  }
  Streams streams(&client(), requests);
  ASSERT_TRUE(streams.WaitForTokens(2));
  EXPECT_GT(serve().Group().kv_blocks_used(), 0u);
  for (int i = 1; i < kNumStreams; i += 2) streams.Cancel(i);
  const std::vector<StreamResult> results = streams.Join();
  EXPECT_TRUE(serve().WaitIdle()) << serve().Status().DebugString();
  for (int i = 0; i < kNumStreams; ++i) {
    SCOPED_TRACE(requests[i].request_id());
    EXPECT_TRUE(BeginAlike(results[i].tokens, alone[i]));
    if (i % 2 == 1) {
      EXPECT_EQ(results[i].status.code(), absl::StatusCode::kCancelled) << results[i].status;
    } else {
      EXPECT_EQ(Faults(requests[i], results[i]), "");
    }
  }
  ExpectStops();
}

TEST_F(ClusterTest, AClientThatVanishesFreesItsBlocks) {
  ServeFlags flags;
  flags.pp = 2;
  ASSERT_NO_FATAL_FAILURE(Start(flags));
  const std::string prompts = absl::StrCat(testing::TempDir(), "/baton_e2e_prompts.txt");
  std::ofstream file(prompts);
  for (int i = 0; i < 8; ++i) file << "This is prompt number " << i << "\n";
  file.close();
  Process generate({"generate", "--server", serve().address(), "--file", prompts, "--ignore-eos",
                    "--concurrency=8", absl::StrCat("--max-tokens=", kEndless), "--json"});
  EXPECT_TRUE(Eventually(absl::Seconds(10), [&] {
    const v1::GroupStatus group = serve().Group();
    return group.running() == 8 && group.kv_blocks_used() >= 8;
  })) << generate.Stderr();
  generate.Signal(SIGKILL);
  EXPECT_EQ(generate.Wait(absl::Seconds(5)), absl::optional<int>(-SIGKILL));
  EXPECT_TRUE(serve().WaitIdle()) << serve().Status().DebugString();
  EXPECT_EQ(serve().Group().requests_finished(), 0u) << "the streams ended by themselves";
  std::remove(prompts.c_str());
  ExpectStops();
}

TEST_F(ClusterTest, ADeadlineEndsAStreamWithWhatThereIsAndFreesItsBlocks) {
  ServeFlags flags;
  flags.tp = 2;
  ASSERT_NO_FATAL_FAILURE(Start(flags));
  const StreamResult result =
      RunAlone(&client(), NumberedRequest(5, kEndless), absl::Milliseconds(800));
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_GT(result.tokens.size(), 0u);
  ASSERT_TRUE(result.finished.has_value());
  EXPECT_EQ(result.finished->reason(), v1::FINISH_REASON_DEADLINE);
  EXPECT_EQ(result.finished->usage().output_tokens(), result.tokens.size());
  EXPECT_TRUE(serve().WaitIdle()) << serve().Status().DebugString();
  ExpectStops();
}

TEST_F(ClusterTest, TheRealModelAnswers) {
  ServeFlags flags;
  flags.model = RealModelPath();
  if (flags.model.empty()) {
    GTEST_SKIP() << "no model: set BATON_MODEL, or run scripts/fetch_model.sh";
  }
  flags.tp = 2;
  ASSERT_NO_FATAL_FAILURE(Start(flags));
  std::vector<v1::GenerateRequest> requests;
  for (const char* prompt : {"The capital of France is", "Two plus two is", "Water boils at",
                             "Once upon a time there was a king who"}) {
    v1::GenerateRequest request;
    request.set_text(prompt);
    request.mutable_stop()->set_max_tokens(12);
    request.mutable_stop()->set_ignore_eos(true);
    requests.push_back(request);
  }
  const std::vector<TokenList> alone = RunEachAlone(requests);
  const std::vector<StreamResult> together = Streams(&client(), requests).Join();
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(Faults(requests[i], together[i]), "");
    EXPECT_EQ(together[i].tokens, alone[i]);
  }
  EXPECT_TRUE(absl::StrContains(together[0].text, "Paris")) << together[0].text;
  EXPECT_TRUE(serve().WaitIdle()) << serve().Status().DebugString();
  ExpectStops();
}

}  // namespace
}  // namespace baton
