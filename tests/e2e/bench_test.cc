// `baton bench` against a real cluster, both as people run them: counts and answers, never times.
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "main/exit_code.h"
#include "nlohmann/json.hpp"
#include "tests/e2e/cluster_fixture.h"

namespace baton {
namespace {

using Json = nlohmann::json;

std::string TempPath(const std::string& name) {
  return absl::StrCat(std::getenv("TEST_TMPDIR"), "/", name);
}

class BenchTest : public ClusterFixture {
 protected:
  // Runs `baton bench ARGS` against the cluster, if there is one, and waits.
  int Bench(std::vector<std::string> args) {
    args.insert(args.begin(), "bench");
    if (serve_ != nullptr) args.push_back(absl::StrCat("--server=", serve().address()));
    Process process(args);
    const absl::optional<int> code = process.Wait(absl::Seconds(100));
    out_ = process.Stdout();
    err_ = process.Stderr();
    EXPECT_TRUE(code.has_value()) << "it still runs:\n" << out_ << err_;
    return code.value_or(-1000);
  }

  std::string out_, err_;
};

// About ten seconds of an open loop over two groups of two ranks, besides the same requests one by
// one, whose answers must be the same.
TEST_F(BenchTest, TenSecondsOfLoad) {
  ServeFlags flags;
  flags.tp = 2;
  flags.groups = 2;
  Start(flags);
  const std::string result = TempPath("result.json"), golden = TempPath("golden.json");
  const std::vector<std::string> load = {"--num-prompts=200",      "--random-input-len=48",
                                         "--random-output-len=24", "--random-range-ratio=0.5",
                                         "--request-rate=20",      "--seed=3",
                                         "--sampling-seed=7",      "--temperature=0.8"};
  std::vector<std::string> args = load;
  for (const std::string& more :
       {std::string("--verify-determinism"), std::string("--save-result"),
        absl::StrCat("--result-filename=", result), absl::StrCat("--save-golden=", golden)}) {
    args.push_back(more);
  }
  ASSERT_EQ(Bench(args), kExitOk) << out_ << err_;
  EXPECT_TRUE(absl::StrContains(out_, "determinism: 200 of 200 answers equal")) << out_;
  std::ifstream file(result);
  const Json json = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["completed"], 200);
  EXPECT_EQ(json["failed"], 0);
  EXPECT_EQ(json["baton"]["mode"], "open loop");
  EXPECT_EQ(json["baton"]["ends"], Json({{"OK length", 200}}));
  EXPECT_EQ(json["baton"]["numerics_classes"].size(), 1u);
  EXPECT_EQ(json["baton"]["groups"].size(), 2u);
  const int tokens = json["total_output_tokens"].get<int>();
  EXPECT_GT(tokens, 200 * 12);
  EXPECT_LT(tokens, 200 * 36);

  // A later run has the same answers.
  args = load;
  args.push_back(absl::StrCat("--verify-continuation=", golden));
  ASSERT_EQ(Bench(args), kExitOk) << out_ << err_;
  EXPECT_TRUE(absl::StrContains(out_, "continuation: 200 of 200 answers equal")) << out_;
  EXPECT_TRUE(serve().WaitIdle(absl::Seconds(5)));
  ExpectStops();
}

TEST_F(BenchTest, ClientsThatMisbehaveLeaveNothingBehind) {
  Start(ServeFlags());
  const std::string result = TempPath("result.json");
  ASSERT_EQ(Bench({"--num-prompts=100", "--random-input-len=32", "--random-output-len=64",
                   "--max-concurrency=16", "--cancel-fraction=0.4", "--slow-reader-fraction=0.2",
                   "--read-pause-ms=2", "--header=authorization=secret", "--save-result",
                   absl::StrCat("--result-filename=", result)}),
            kExitOk)
      << out_ << err_;
  std::ifstream file(result);
  const Json json = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  const Json& outcomes = json["baton"]["outcomes"];
  EXPECT_GT(outcomes["cancelled"], 20);
  // Reports are shown to others.
  const std::string command = json["baton"]["command"].get<std::string>();
  EXPECT_TRUE(absl::StrContains(command, "--header=authorization=...")) << command;
  EXPECT_FALSE(absl::StrContains(json.dump(), "secret"));
  EXPECT_EQ(outcomes["completed"].get<int>() + outcomes["cancelled"].get<int>(), 100);
  EXPECT_TRUE(serve().WaitIdle(absl::Seconds(5)));
  ExpectStops();
}

// Each is one clear line and its exit code.
TEST_F(BenchTest, BadInputIsTold) {
  EXPECT_EQ(Bench({"--server=127.0.0.1:1", "--ready-timeout=0.2"}), kExitUnavailable);
  EXPECT_TRUE(absl::StrContains(err_, "127.0.0.1:1")) << err_;
  EXPECT_EQ(Bench({"--backend=openai", "--base-url=http://127.0.0.1:1", "--ready-timeout=0.2"}),
            kExitUnavailable);
  EXPECT_TRUE(absl::StrContains(err_, "127.0.0.1:1")) << err_;
  EXPECT_EQ(Bench({"--request-rate=-1"}), kExitUsage);
  EXPECT_TRUE(absl::StrContains(err_, "--request-rate: -1")) << err_;
  EXPECT_EQ(Bench({"--no-such-flag"}), kExitUsage);
  EXPECT_EQ(Bench({"--metric-percentiles=nan"}), kExitUsage);
  EXPECT_EQ(Bench({"--tls"}), kExitUsage);
  EXPECT_TRUE(absl::StrContains(err_, "--tls: means nothing to --backend baton")) << err_;
  EXPECT_EQ(Bench({"--header=X Y=1"}), kExitUsage);  // gRPC would end the process
  EXPECT_TRUE(absl::StrContains(err_, "X Y=1")) << err_;
  EXPECT_EQ(Bench({"--verify-determinism", "--temperature=1"}), kExitUsage);
  EXPECT_TRUE(absl::StrContains(err_, "--sampling-seed")) << err_;
  EXPECT_EQ(Bench({"compare", "--a", "/no/a.json", "--b", "/no/b.json"}), kExitFailure);
  EXPECT_TRUE(absl::StrContains(err_, "/no/a.json")) << err_;

  Start(ServeFlags());
  EXPECT_EQ(Bench({"--model=another"}), kExitRefused);
  EXPECT_TRUE(absl::StrContains(err_, "another")) << err_;
  const std::string dataset = TempPath("lines.jsonl");
  std::ofstream(dataset) << "{\"prompt\": \"one\"}\n{\"prompt\": 2}\n";
  EXPECT_EQ(
      Bench({"--dataset-name=custom", "--num-prompts=2", absl::StrCat("--dataset-path=", dataset)}),
      kExitUsage);
  EXPECT_TRUE(absl::StrContains(err_, "lines.jsonl")) << err_;
  EXPECT_TRUE(absl::StrContains(err_, "line 2")) << err_;
  EXPECT_EQ(Bench({"--dataset-name=custom", "--dataset-path=/no/such/file"}), kExitUsage);
  EXPECT_TRUE(absl::StrContains(err_, "/no/such/file")) << err_;
  ExpectStops();
}

}  // namespace
}  // namespace baton
