#include "main/cluster_tables.h"

#include "client/fake_services.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(FormatTable, AlignsNumbersRightAndTextLeft) {
  EXPECT_EQ(FormatTable({{"NAME", "SIZE"}, {"a", "5 MiB"}, {"long name", "512 MiB"}}),
            "NAME          SIZE\n"
            "a            5 MiB\n"
            "long name  512 MiB\n");
  EXPECT_EQ(FormatTable({}), "");
}

TEST(StatusText, ShowsGroupsAndRanks) {
  EXPECT_EQ(StatusText(OneReadyGroup()),
            "router 0.1.0, up 1 min 15 s\n"
            "\n"
            "GROUP  STATE  MODEL  SHARDS       EPOCH  RUNNING  WAITING                     KV "
            "CACHE  TOK/S  "
            "PROMPT TOK/S  IDLE  FINISHED\n"
            "g0     ready  fake   tp 2 x pp 1      1        3        4  10 of 1000 blocks, 0 "
            "cached  123.4  "
            "         0.0   0 %         0\n"
            "\n"
            "GROUP  RANK  HOST   PID  LOADED  WEIGHTS  KV CACHE  WORKSPACE  SHARD\n"
            "g0        0  box   4000   100 %   52 MiB   512 MiB     34 MiB  heads 0-4 of 9\n"
            "g0        1  box   4001   100 %   52 MiB   512 MiB     34 MiB  heads 5-8 of 9\n");
}

TEST(StatusText, AnEmptyClusterSaysSo) {
  EXPECT_EQ(StatusText({}), "router , up 0 ms\nno worker has attached yet\n");
}

TEST(SequencesThatFit, CountsWholeBlocks) {
  v1::GroupStatus group;
  EXPECT_EQ(SequencesThatFit(group, 512), 0u);
  group.set_kv_blocks_total(100);
  group.set_kv_block_size(16);
  EXPECT_EQ(SequencesThatFit(group, 16), 100u);
  EXPECT_EQ(SequencesThatFit(group, 17), 50u);
  EXPECT_EQ(SequencesThatFit(group, 1600), 1u);
  EXPECT_EQ(SequencesThatFit(group, 1601), 0u);
}

TEST(BudgetText, TellsWhatFitsAndWhichFlagChangesIt) {
  EXPECT_EQ(
      BudgetText(OneReadyGroup(), {4096, 64, 512u << 20}),
      "GROUP  RANK  WEIGHTS  KV CACHE  WORKSPACE    TOTAL  SHARD\n"
      "g0        0   52 MiB   512 MiB     34 MiB  598 MiB  heads 0-4 of 9\n"
      "g0        1   52 MiB   512 MiB     34 MiB  598 MiB  heads 5-8 of 9\n"
      "The KV cache of a group holds 16000 tokens: 31 sequences of 512, 7 sequences of 2048, 3 "
      "sequences of 4096.\n"
      "  --kv-memory (now 512 MiB a worker) changes how many fit, --max-running (now 64) how many "
      "run at once,\n"
      "  --max-model-len (now 4096) how long one may be.\n");
}

TEST(BudgetText, ShortModelsOnlyShowTheirOwnLength) {
  const std::string text = BudgetText(OneReadyGroup(), {256, 64, 512u << 20});
  EXPECT_NE(text.find("16000 tokens: 62 sequences of 256.\n"), std::string::npos) << text;
}

TEST(LoadProgressText, NamesEachRank) {
  EXPECT_EQ(LoadProgressText({}), "no worker has attached yet");
  auto status = OneReadyGroup();
  status.mutable_groups(0)->mutable_ranks(1)->set_loaded(0.451);
  EXPECT_EQ(LoadProgressText(status), "g0/r0 done, g0/r1 45 %");
}

}  // namespace
}  // namespace baton
