#include "main/serve_plan.h"

#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

ServeOptions TwoByOne() {
  ServeOptions options;
  options.router.listen = "0.0.0.0:7000";
  options.worker.model = "/models/m.gguf";
  options.worker.tp = 2;
  return options;
}

TEST(PlanChildren, ARouterAndAWorkerForEachRank) {
  ServeOptions options = TwoByOne();
  options.worker.pp = 2;
  options.groups = 2;
  const auto specs = PlanChildren(options, 4);
  ASSERT_EQ(specs.size(), 9u);
  EXPECT_EQ(specs[0].name, "router");
  EXPECT_EQ(specs[0].stop_phase, 0);
  EXPECT_THAT(specs[0].args, Contains("--listen=0.0.0.0:7000"));
  EXPECT_EQ(specs[1].name, "g0/r0");
  EXPECT_EQ(specs[8].name, "g1/r3");
  EXPECT_EQ(specs[8].stop_phase, 1);
  EXPECT_THAT(specs[8].args, Contains("--group=g1"));
  EXPECT_THAT(specs[8].args, Contains("--rank=3"));
  EXPECT_THAT(specs[8].args, Contains("--router=127.0.0.1:7000"));
  EXPECT_THAT(specs[8].args, Contains("--log-prefix=g1/r3"));
}

TEST(PlanChildren, ThreadsAreSharedOutAndNeverNone) {
  ServeOptions options = TwoByOne();
  auto specs = PlanChildren(options, 5);
  EXPECT_THAT(specs[1].args, Contains("--threads=3"));
  EXPECT_THAT(specs[2].args, Contains("--threads=2"));
  specs = PlanChildren(options, 1);
  EXPECT_THAT(specs[2].args, Contains("--threads=1"));
  options.threads = 8;
  specs = PlanChildren(options, 1);
  EXPECT_THAT(specs[2].args, Contains("--threads=4"));
}

TEST(PlanChildren, GpusAreTakenInTurns) {
  ServeOptions options;
  options.groups = 3;
  const auto specs = PlanChildren(options, 4, /*num_gpus=*/2);
  EXPECT_THAT(specs[1].args, Contains("--gpu=0"));
  EXPECT_THAT(specs[2].args, Contains("--gpu=1"));
  EXPECT_THAT(specs[3].args, Contains("--gpu=0"));
}

TEST(PlanChildren, RouterAndWorkersAgreeOnLimits) {
  ServeOptions options = TwoByOne();
  options.worker.max_running = 7;
  options.worker.max_model_len = 1000;
  options.worker.kv_memory = 12345;
  options.router.stall_limit = absl::Seconds(3);
  for (const ChildSpec& spec : PlanChildren(options, 2)) {
    EXPECT_THAT(spec.args, Contains("--max-running=7"));
    EXPECT_THAT(spec.args, Contains("--max-model-len=1000"));
  }
  EXPECT_THAT(PlanChildren(options, 2)[0].args, Contains("--stall-limit=3s"));
  EXPECT_THAT(PlanChildren(options, 2)[1].args, Contains("--kv-memory=12345"));
}

class CheckServeOptionsTest : public testing::Test {
 protected:
  CheckServeOptionsTest() : path_(absl::StrCat(testing::TempDir(), "/serve_plan", getpid())) {
    options_.router.listen = "127.0.0.1:0";
    options_.worker.model = path_;
    Write("GGUF....");
  }
  ~CheckServeOptionsTest() override { unlink(path_.c_str()); }
  void Write(const std::string& content) { std::ofstream(path_) << content; }

  const std::string path_;
  ServeOptions options_;
};

TEST_F(CheckServeOptionsTest, Good) { EXPECT_EQ(CheckServeOptions(options_), absl::OkStatus()); }

TEST_F(CheckServeOptionsTest, MissingFile) {
  options_.worker.model = "/no/such/model.gguf";
  EXPECT_EQ(CheckServeOptions(options_).message(),
            "--model /no/such/model.gguf: No such file or directory");
}

TEST_F(CheckServeOptionsTest, NotAFile) {
  options_.worker.model = "/";
  EXPECT_EQ(CheckServeOptions(options_).message(), "--model /: is not a file");
}

TEST_F(CheckServeOptionsTest, WrongMagic) {
  Write("PK\x03\x04");
  EXPECT_THAT(std::string(CheckServeOptions(options_).message()),
              HasSubstr("is not a GGUF file: it starts with \"PK\\x03\\x04\", not \"GGUF\""));
  Write("");
  EXPECT_THAT(std::string(CheckServeOptions(options_).message()), HasSubstr("starts with \"\""));
}

TEST_F(CheckServeOptionsTest, TooManyWorkers) {
  options_.worker.tp = 20;
  options_.worker.pp = 20;
  EXPECT_EQ(CheckServeOptions(options_).message(),
            "--tp 20 x --pp 20 x --groups 1 is 400 workers; expected 1 to 256");
}

TEST_F(CheckServeOptionsTest, BadAddress) {
  options_.router.listen = "nonsense";
  EXPECT_THAT(std::string(CheckServeOptions(options_).message()), HasSubstr("--listen"));
}

TEST(ResolveListen, PortZeroBecomesAFreePort) {
  const auto resolved = ResolveListen("127.0.0.1:0");
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->find("127.0.0.1:"), 0u);
  EXPECT_NE(*resolved, "127.0.0.1:0");
  EXPECT_EQ(*ResolveListen("127.0.0.1:7000"), "127.0.0.1:7000");
  EXPECT_EQ(*ResolveListen("unix:/a"), "unix:/a");
}

TEST(WithPrefix, IsNotDoubled) {
  EXPECT_EQ(WithPrefix("g0/r1", "hello"), "[g0/r1] hello");
  EXPECT_EQ(WithPrefix("g0/r1", "12:00 info [g0/r1] hello"), "12:00 info [g0/r1] hello");
  EXPECT_EQ(WithPrefix("g0/r1", "12:00 info [g0/r0] hello"), "[g0/r1] 12:00 info [g0/r0] hello");
}

}  // namespace
}  // namespace baton
