#include "worker/model/weights.h"

#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "kernels/cpu/cpu_device.h"
#include "kernels/cpu/cpu_ops.h"
#include "worker/model/kv_cache.h"
#include "worker/model/memory_need.h"
#include "worker/model/tiny_model.h"
#include "worker/model/transformer.h"

namespace baton {
namespace {

class WeightsTest : public testing::TestWithParam<bool> {
 protected:
  WeightsTest() : path_(absl::StrCat(testing::TempDir(), "/weights", getpid(), ".gguf")) {
    TinyModelOptions options;
    options.tied = GetParam();
    options.attention_type = GgmlType::kQ8_0;  // forms differ from layer part to layer part
    EXPECT_TRUE(WriteTinyModel(path_, options).ok());
    file_ = *GgufFile::Open(path_);
    config_ = *ModelConfigFromGguf(*file_);
  }
  ~WeightsTest() override { unlink(path_.c_str()); }

  const std::string path_;
  std::unique_ptr<GgufFile> file_;
  ModelConfig config_;
  CpuDevice device_;
  CpuOps ops_{1};
};

// Told from within a report of progress, it makes no other.
TEST_P(WeightsTest, CancellingEndsLoading) {
  std::atomic<bool> cancelled{false};
  WeightOptions options;
  options.cancelled = &cancelled;
  int reports = 0;
  const auto weights = ModelWeights::Load(*file_, config_, *MakeShard(config_, {}), ops_, device_,
                                          options, [&](int64_t done, int64_t total) {
                                            ++reports;
                                            EXPECT_LT(done, total);
                                            cancelled.store(true);
                                          });
  EXPECT_TRUE(absl::IsCancelled(weights.status())) << weights.status();
  EXPECT_EQ(reports, 1);
}

// What is measured before is what is taken.
TEST_P(WeightsTest, TheNeedIsKnownBeforeLoading) {
  const StepLimits limits;
  const KvCacheOptions kv;
  for (const auto& [tp, pp] : {std::pair{1, 1}, std::pair{2, 1}, std::pair{1, 2}}) {
    for (int rank = 0; rank < tp * pp; ++rank) {
      SCOPED_TRACE(absl::StrCat("tp ", tp, " pp ", pp, " rank ", rank));
      const Shard shard = *MakeShard(config_, {tp, pp, rank});
      const auto need = MeasureMemoryNeed(*file_, config_, shard, ops_, {}, kv, 1000003, limits);
      ASSERT_TRUE(need.ok()) << need.status();
      const auto weights =
          ModelWeights::Load(*file_, config_, shard, ops_, device_, {}, [](int64_t, int64_t) {});
      ASSERT_TRUE(weights.ok()) << weights.status();
      EXPECT_EQ(need->weights, *ModelWeights::Bytes(*file_, config_, shard, ops_, {}));
      EXPECT_EQ(need->workspace,
                Transformer::WorkspaceBytes(config_, shard, **weights, ops_, limits));
      const int64_t block = KvCache::BytesPerBlock(config_, shard, kv);
      EXPECT_EQ(need->kv % block, 0);
      EXPECT_LE(need->kv, 1000003);
      EXPECT_GT(need->kv, 1000003 - block);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Embeddings, WeightsTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Tied" : "Untied"; });

}  // namespace
}  // namespace baton
