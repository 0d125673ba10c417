// The flags of router and worker: what they fill in, and what they refuse.
#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "main/cmd_router.h"
#include "main/router_flags.h"
#include "main/worker_flags.h"
#include "worker/model/kv_cache.h"

namespace baton {
namespace {

class FlagsTest : public testing::Test {
 protected:
  FlagsTest() {
    AddWorkerShardOptions(&app_, &worker_);
    AddRouterLimitOptions(&app_, &router_);
  }

  // Parses the line; gives the error, or "" when it is fine.
  std::string Parse(std::vector<std::string> line) {
    std::reverse(line.begin(), line.end());  // as CLI11 wants it
    try {
      app_.parse(line);
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
    return "";
  }

  CLI::App app_;
  WorkerOptions worker_;
  RouterOptions router_;
};

TEST_F(FlagsTest, FillTheOptions) {
  EXPECT_EQ(
      Parse({"--model", "m.gguf", "--tp=3", "--pp", "2", "--kv-memory", "2GiB", "--kv-type=f32",
             "--max-model-len", "100", "--listen", "[::]:1", "--drain-timeout", "1m30s",
             "--max-queue-requests", "9", "--log-level", "debug", "--stall-limit=2500ms"}),
      "");
  EXPECT_EQ(worker_.model, "m.gguf");
  EXPECT_EQ(worker_.tp, 3u);
  EXPECT_EQ(worker_.pp, 2u);
  EXPECT_EQ(worker_.kv_memory, 2ull << 30);
  EXPECT_EQ(worker_.kv_type, "f32");
  EXPECT_EQ(worker_.max_model_len, 100u);
  EXPECT_EQ(worker_.log_level, "debug");
  EXPECT_EQ(router_.listen, "[::]:1");
  EXPECT_EQ(router_.drain_timeout, absl::Seconds(90));
  EXPECT_EQ(router_.stall_limit, absl::Milliseconds(2500));
  EXPECT_EQ(router_.max_queue_requests, 9u);
}

TEST_F(FlagsTest, DefaultsStay) {
  EXPECT_EQ(Parse({"--model", "m.gguf"}), "");
  EXPECT_EQ(worker_.kv_memory, 512ull << 20);
  EXPECT_EQ(worker_.kv_block_size, 16u);
  EXPECT_EQ(router_.drain_timeout, absl::ZeroDuration());
  EXPECT_EQ(router_.stall_limit, absl::Seconds(15));
}

TEST_F(FlagsTest, RefusalsNameTheFlag) {
  EXPECT_THAT(Parse({}), testing::HasSubstr("--model"));
  const std::vector<std::vector<std::string>> bad = {{"--tp", "0"},
                                                     {"--pp", "x"},
                                                     {"--kv-memory", "lots"},
                                                     {"--kv-type", "f64"},
                                                     {"--device", "tpu"},
                                                     {"--log-level", "loud"},
                                                     {"--kv-block-size", "0"},
                                                     {"--kv-block-size", "8"},
                                                     {"--kv-block-size", "100"},
                                                     {"--kv-block-size", "1040"},
                                                     {"--kv-block-size", "-16"},
                                                     {"--kv-block-size", "x"},
                                                     {"--max-queue-tokens", "0"},
                                                     {"--max-queue-tokens", "-1"},
                                                     {"--max-queue-tokens", "18446744073709551616"},
                                                     {"--max-queue-requests", "4294967296"},
                                                     {"--drain-timeout", "-1s"},
                                                     {"--stall-limit", "0"}};
  for (const auto& line : bad) {
    EXPECT_THAT(Parse({"--model", "m", line[0], line[1]}), testing::HasSubstr(line[0]));
  }
}

TEST_F(FlagsTest, KvBlockSizeTakesWhatAWorkerTakesAndSaysSo) {
  for (const char* size : {"16", "48", "256", "1024"}) {
    EXPECT_EQ(Parse({"--model", "m", "--kv-block-size", size}), "");
    EXPECT_TRUE(IsKvBlockSize(worker_.kv_block_size));
  }
  EXPECT_THAT(Parse({"--model", "m", "--kv-block-size", "100"}),
              testing::HasSubstr("100 is not a multiple of 16, 16 to 1024"));
  EXPECT_THAT(app_.help(), testing::HasSubstr("a multiple of 16, 16 to 1024"));
}

TEST(RouterCommandTest, AModelNameNeedsAModel) {
  CLI::App app;
  Command run;
  AddRouterCommand(app, &run);
  try {
    app.parse("router --model-name cat");
    ADD_FAILURE() << "was accepted";
  } catch (const CLI::ParseError& error) {
    EXPECT_STREQ(error.what(), "--model-name requires --model");
  }
}

}  // namespace
}  // namespace baton
