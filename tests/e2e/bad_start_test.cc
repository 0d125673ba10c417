// The real binary when it can not work as started: within ten seconds it ends with an exit code
// other than 0 and one line that names the file or flag, what was found and what was expected.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "kernels/cpu/cpu_device.h"
#include "main/exit_code.h"
#include "tests/e2e/cluster_fixture.h"

namespace baton {
namespace {

// Whether it is one of the log's lines, or one that `baton serve` relays.
bool IsLogLine(absl::string_view line) {
  return !line.empty() && (line[0] == '[' || absl::ascii_isdigit(line[0]));
}

class BadStartTest : public ClusterFixture {
 protected:
  // Expects that `baton ARGS` ends so, its one line holding each of `words`.
  void ExpectRefused(const std::vector<std::string>& args, int exit_code,
                     const std::vector<std::string>& words) {
    SCOPED_TRACE(absl::StrCat("baton ", args[0], " ... ", args.back()));
    Process process(args);
    const absl::optional<int> code = process.Wait(absl::Seconds(10));
    ASSERT_TRUE(code.has_value()) << "it still runs:\n" << process.Stderr();
    EXPECT_EQ(*code, exit_code);
    EXPECT_EQ(process.Stdout(), "");
    std::vector<std::string> errors;
    for (absl::string_view line : absl::StrSplit(process.Stderr(), '\n', absl::SkipEmpty())) {
      if (!IsLogLine(line)) errors.emplace_back(line);
    }
    ASSERT_EQ(errors.size(), 1u) << process.Stderr();
    EXPECT_TRUE(absl::StartsWith(errors[0], absl::StrCat("baton ", args[0], ": "))) << errors[0];
    for (const std::string& word : words) {
      EXPECT_TRUE(absl::StrContains(errors[0], word)) << "no " << word << " in: " << errors[0];
    }
  }

  // As `baton serve`, and as `baton worker` without a router.
  void ExpectBothRefused(const std::string& model, const std::vector<std::string>& flags,
                         const std::vector<std::string>& words) {
    std::vector<std::string> args = {"serve", "--listen=127.0.0.1:0", "--model", model};
    args.insert(args.end(), flags.begin(), flags.end());
    ExpectRefused(args, kExitFailure, words);
    args = {"worker", absl::StrCat("--router=127.0.0.1:", FreePort()), "--model", model};
    args.insert(args.end(), flags.begin(), flags.end());
    ExpectRefused(args, kExitBadConfig, words);
  }

  // A file of the test's own with these bytes.
  std::string WriteFile(const std::string& name, const std::string& bytes) {
    const std::string path = absl::StrCat(testing::TempDir(), "/baton_e2e_", name);
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  static std::string TinyModelBytes() {
    std::ostringstream bytes;
    bytes << std::ifstream(TinyModelPath(), std::ios::binary).rdbuf();
    return bytes.str();
  }
};

TEST_F(BadStartTest, MissingModelFile) {
  ExpectBothRefused("/nowhere/model.gguf", {}, {"/nowhere/model.gguf", "No such file"});
}

TEST_F(BadStartTest, NotAModelFile) {
  const std::string path = WriteFile("text.gguf", "This is no model.\n");
  ExpectBothRefused(path, {}, {path, "This", "GGUF"});
}

// Cut in the magic, the header, the metadata and the weights.
TEST_F(BadStartTest, TruncatedModelFile) {
  const std::string bytes = TinyModelBytes();
  for (const size_t size : {size_t{0}, size_t{3}, size_t{20}, size_t{3000}, bytes.size() - 1}) {
    const std::string path = WriteFile(absl::StrCat("cut", size, ".gguf"), bytes.substr(0, size));
    ExpectBothRefused(path, {}, {path});
  }
}

TEST_F(BadStartTest, OtherArchitecture) {
  std::string bytes = TinyModelBytes();
  const std::string key = "general.architecture";
  const size_t at = bytes.find("llama", bytes.find(key));
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, 5, "gpt-j");
  const std::string path = WriteFile("other.gguf", bytes);
  ExpectBothRefused(path, {}, {path, key, "gpt-j", "llama"});
}

TEST_F(BadStartTest, MoreShardsThanHeadsOrLayers) {
  ExpectBothRefused(TinyModelPath(), {"--tp=5"}, {"--tp", "5", "4"});
  ExpectBothRefused(TinyModelPath(), {"--pp=3"}, {"--pp", "3", "2"});
}

TEST_F(BadStartTest, TooLittleKvMemory) {
  ExpectBothRefused(TinyModelPath(), {"--kv-memory=1KiB"}, {"--kv-memory", "1024", "4096"});
}

// Each worker's would fit, all of them together do not: said before anything is started.
TEST_F(BadStartTest, MoreKvMemoryThanTheMachineHas) {
  const int64_t kv_memory = CpuDevice().FreeMemory() / 10 * 7;
  ExpectRefused({"serve", "--listen=127.0.0.1:0", "--model", TinyModelPath(), "--tp=2",
                 absl::StrCat("--kv-memory=", kv_memory)},
                kExitFailure, {"--kv-memory is ", "at most", "2 workers need", "are available"});
}

TEST_F(BadStartTest, LongerThanTheContext) {
  ExpectBothRefused(TinyModelPath(), {"--max-model-len=8193"}, {"--max-model-len", "8193", "8192"});
}

TEST_F(BadStartTest, PortInUse) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  ExpectRefused({"serve", "--model", TinyModelPath(), "--listen", serve().address()}, kExitFailure,
                {"--listen", serve().address(), "in use"});
  ExpectRefused({"router", "--listen", serve().address()}, kExitBadConfig,
                {"--listen", serve().address(), "in use"});
  ExpectStops();
}

TEST_F(BadStartTest, AWorkerThatDoesNotFitItsGroup) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  const v1::GroupStatus before = serve().Group();
  const auto worker = [this](const std::string& model, std::vector<std::string> flags) {
    std::vector<std::string> args = {"worker",  "--router", serve().address(), "--group=g0",
                                     "--model", model,      "--kv-memory=1MiB"};
    args.insert(args.end(), flags.begin(), flags.end());
    return args;
  };
  ExpectRefused(worker(TinyModelPath(), {"--tp=2", "--rank=1"}), kExitBadConfig,
                {"g0", "--tp", "2", "expected 1"});
  ExpectRefused(worker(TinyModelPath(), {"--pp=2", "--rank=1"}), kExitBadConfig,
                {"g0", "--pp", "2", "expected 1"});
  ExpectRefused(worker(TinyModelPath(2), {}), kExitBadConfig, {"g0", "model", "expected"});
  ExpectRefused(worker(TinyModelPath(), {"--kv-type=f32"}), kExitBadConfig,
                {"g0", "numerics class", "kvf32", "kvf16"});
  // One that would fit, were its place free, waits for it.
  Process second(worker(TinyModelPath(), {}));
  const std::string waits = absl::StrCat("process ", before.ranks(0).pid());
  EXPECT_TRUE(Eventually(absl::Seconds(10), [&] {
    return absl::StrContains(second.Stderr(), waits) &&
           absl::StrContains(second.Stderr(), "may attach when it is gone");
  })) << second.Stderr();
  EXPECT_TRUE(IsAlive(second.pid()));
  second.Signal(SIGTERM);
  EXPECT_EQ(second.Wait(absl::Seconds(5)), absl::make_optional(0)) << second.Stderr();

  const v1::GroupStatus after = serve().Group();
  EXPECT_EQ(after.epoch(), before.epoch()) << "the group did not care";
  EXPECT_EQ(Faults(NumberedRequest(0, 5), RunAlone(&client(), NumberedRequest(0, 5))), "");
  ExpectStops();
}

}  // namespace
}  // namespace baton
