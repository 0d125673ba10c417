#include "worker/model/shard.h"

#include <cmath>

#include "gtest/gtest.h"

namespace baton {
namespace {

ModelConfig SmolLm() {
  ModelConfig c;
  c.num_layers = 30;
  c.hidden_size = 576;
  c.num_heads = 9;
  c.num_kv_heads = 3;
  c.head_dim = 64;
  c.ffn_size = 1536;
  c.vocab_size = 49152;
  return c;
}

TEST(Shard, EveryPartIsHeldExactlyOnceForEveryTp) {
  const ModelConfig c = SmolLm();
  for (int tp = 1; tp <= 9; ++tp) {
    int64_t head = 0, ffn = 0, vocab = 0;
    for (int r = 0; r < tp; ++r) {
      const absl::StatusOr<Shard> s = MakeShard(c, {tp, 1, r});
      ASSERT_TRUE(s.ok()) << s.status();
      EXPECT_EQ(s->heads.begin, head);
      EXPECT_EQ(s->ffn.begin, ffn);
      EXPECT_EQ(s->vocab.begin, vocab);
      EXPECT_EQ(s->ffn.size() % 32, 0);
      // Each query head's KV head is here, and as many query heads belong to each KV head.
      EXPECT_EQ(s->heads.begin / 3, s->kv_heads.begin);
      EXPECT_EQ((s->heads.end - 1) / 3, s->kv_heads.end - 1);
      EXPECT_EQ(s->heads.size() % s->kv_heads.size(), 0);
      head = s->heads.end;
      ffn = s->ffn.end;
      vocab = s->vocab.end;
    }
    EXPECT_EQ(head, 9);
    EXPECT_EQ(ffn, 1536);
    EXPECT_EQ(vocab, 49152);
  }
}

TEST(Shard, ComputeIsBalanced) {
  const ModelConfig c = SmolLm();
  for (int tp : {2, 3}) {
    for (int r = 0; r < tp; ++r) {
      const Shard s = *MakeShard(c, {tp, 1, r});
      const double weights =
          576.0 * (2 * (s.heads.size() + s.kv_heads.size()) * 64 + 3 * s.ffn.size());
      const double all = 576.0 * (2 * 12 * 64 + 3 * 1536);
      EXPECT_NEAR(weights * tp / all, 1.0, 0.02) << "tp " << tp << " rank " << r;
    }
  }
}

TEST(Shard, StagesCoverTheLayersAndCountTheOutputMatrix) {
  const ModelConfig c = SmolLm();
  EXPECT_EQ(*BalancedStageEnds(c, 1), (std::vector<int64_t>{30}));
  EXPECT_EQ(*BalancedStageEnds(c, 2), (std::vector<int64_t>{19, 30}));
  EXPECT_EQ(BalancedStageEnds(c, 30)->size(), 30u);
  const Shard s = *MakeShard(c, {2, 2, 3});
  EXPECT_EQ(s.layers.begin, 19);
  EXPECT_TRUE(s.last_stage());
  EXPECT_FALSE(s.first_stage());
}

TEST(Shard, RefusesWhatDoesNotDivide) {
  const ModelConfig c = SmolLm();
  EXPECT_NE(MakeShard(c, {10, 1, 0}).status().message().find("--tp is 10"),
            absl::string_view::npos);
  EXPECT_NE(MakeShard(c, {1, 31, 0}).status().message().find("--pp is 31"),
            absl::string_view::npos);
  EXPECT_FALSE(MakeShard(c, {0, 1, 0}).ok());
  EXPECT_FALSE(MakeShard(c, {2, 1, 2}).ok());
}

}  // namespace
}  // namespace baton
