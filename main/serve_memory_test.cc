#include "main/serve_memory.h"

#include <unistd.h>

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "worker/model/tiny_model.h"

namespace baton {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int64_t kMiB = 1 << 20;

class ServeMemoryTest : public testing::Test {
 protected:
  ServeMemoryTest() : model_(absl::StrCat(testing::TempDir(), "/serve_memory", getpid(), ".gguf")) {
    EXPECT_TRUE(WriteTinyModel(model_, {}).ok());
    options_.worker.model = model_;
    options_.worker.tp = 2;
    options_.worker.kv_memory = 300 * kMiB;
  }
  ~ServeMemoryTest() override { unlink(model_.c_str()); }

  std::string Check(int64_t available) {
    return std::string(CheckServeMemory(options_, available).message());
  }

  const std::string model_;
  ServeOptions options_;
};

TEST_F(ServeMemoryTest, WhatFits) { EXPECT_EQ(Check(700 * kMiB), ""); }

// Each worker's fits, all of them together do not.
TEST_F(ServeMemoryTest, TheSumOfAllWorkersCounts) {
  EXPECT_THAT(Check(500 * kMiB),
              AllOf(HasSubstr("--kv-memory is 300 MiB a worker; at most 2"), HasSubstr(" fit: "),
                    HasSubstr("2 workers need "), HasSubstr("500 MiB of memory are available")));
  options_.groups = 2;
  EXPECT_THAT(Check(700 * kMiB), HasSubstr("4 workers"));
  EXPECT_EQ(Check(1400 * kMiB), "");
  options_.groups = 1;
  options_.worker.tp = 1;
  EXPECT_EQ(Check(500 * kMiB), "");
}

// Its edge: what the message says fits does, and not a byte more.
TEST_F(ServeMemoryTest, WeightsAndWorkspacesCount) {
  options_.worker.kv_memory = 0;
  int64_t least = 0, enough = 100 * kMiB;  // to the byte: what is needed beside the KV caches
  while (least < enough) {
    const int64_t middle = (least + enough) / 2;
    if (Check(middle).empty()) {
      enough = middle;
    } else {
      least = middle + 1;
    }
  }
  EXPECT_GT(least, kMiB);
  options_.worker.kv_memory = 1000;
  EXPECT_EQ(Check(least + 2000), "");
  EXPECT_THAT(Check(least + 1999), HasSubstr("--kv-memory is 1000 B a worker; at most 999 B fit"));
  options_.worker.kv_memory = 0;
  EXPECT_THAT(Check(least - 1), AllOf(HasSubstr("--model "), HasSubstr(model_)));
  options_.worker.max_step_tokens = 4096;
  EXPECT_THAT(Check(least), HasSubstr("--model ")) << "the workspace grew";
}

TEST_F(ServeMemoryTest, NothingOverflows) {
  options_.worker.kv_memory = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(Check(700 * kMiB), HasSubstr("--kv-memory"));
  EXPECT_THAT(Check(0), HasSubstr("--model"));
}

TEST_F(ServeMemoryTest, WhatAWorkerWouldRefuse) {
  options_.worker.max_model_len = 257;
  EXPECT_EQ(Check(700 * kMiB), "--max-model-len is 257; the model's context is 256");
  options_.worker.max_model_len = 0;
  options_.worker.tp = 5;
  EXPECT_THAT(Check(700 * kMiB), HasSubstr("--tp"));
  options_.worker.tp = 1;
  options_.worker.model = "/no/such.gguf";
  EXPECT_THAT(Check(700 * kMiB), HasSubstr("/no/such.gguf"));
}

}  // namespace
}  // namespace baton
