#include "router/api/cluster_proto.h"

#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "router/api/fake_cluster.h"
#include "router/api/test_model.h"

namespace baton {
namespace {

class OneGroup : public FakeCluster {
 public:
  explicit OneGroup(GroupSnapshot group)
      : FakeCluster(TestServing(), nullptr), group_(std::move(group)) {}
  std::vector<GroupSnapshot> Groups() const override { return {group_}; }

 private:
  const GroupSnapshot group_;
};

TEST(ClusterProtoTest, CarriesEveryFieldOfASnapshot) {
  RankSnapshot rank;
  rank.rank = 1;
  rank.pid = 2;
  rank.host = "h";
  rank.incarnation = 3;
  rank.loaded = 0.5;
  rank.weight_bytes = 4;
  rank.kv_bytes = 5;
  rank.workspace_bytes = 6;
  rank.shard = "layers 0-29";
  GroupSnapshot group;
  group.name = "g";
  group.state = GroupState::kLoading;
  group.model = "m";
  group.numerics_class = "c";
  group.tp = 1;
  group.pp = 2;
  group.epoch = 3;
  group.running = 4;
  group.waiting = 5;
  group.kv_blocks_used = 6;
  group.kv_blocks_total = 7;
  group.kv_block_size = 8;
  group.output_tokens_per_second = 9;
  group.prompt_tokens_per_second = 10;
  group.requests_finished = 11;
  group.output_tokens = 12;
  group.ranks = {rank};

  const v1::GetClusterStatusResponse response = ClusterStatusProto(OneGroup(group), "v1");
  EXPECT_EQ(response.version(), "v1");
  EXPECT_EQ(response.router_incarnation(), 77u);
  EXPECT_EQ(response.uptime_seconds(), 1.5);
  ASSERT_EQ(response.groups_size(), 1);
  EXPECT_EQ(response.groups(0).ShortDebugString(),
            "name: \"g\" state: GROUP_STATE_LOADING model: \"m\" numerics_class: \"c\" tp: 1 pp: 2 "
            "epoch: 3 running: 4 waiting: 5 kv_blocks_used: 6 kv_blocks_total: 7 kv_block_size: 8 "
            "output_tokens_per_second: 9 prompt_tokens_per_second: 10 "
            "ranks { rank: 1 pid: 2 host: \"h\" incarnation: 3 loaded: 0.5 weight_bytes: 4 "
            "kv_bytes: 5 workspace_bytes: 6 shard: \"layers 0-29\" } "
            "requests_finished: 11 output_tokens: 12");
}

TEST(ClusterProtoTest, MapsEveryState) {
  const std::pair<GroupState, v1::GroupState> cases[] = {
      {GroupState::kIncomplete, v1::GROUP_STATE_INCOMPLETE},
      {GroupState::kLoading, v1::GROUP_STATE_LOADING},
      {GroupState::kForming, v1::GROUP_STATE_FORMING},
      {GroupState::kReady, v1::GROUP_STATE_READY},
  };
  for (const auto& [state, expected] : cases) {
    GroupSnapshot group;
    group.state = state;
    EXPECT_EQ(ClusterStatusProto(OneGroup(group), "").groups(0).state(), expected);
  }
}

TEST(ClusterProtoTest, DescribesAModel) {
  const v1::Model model = ModelProto(TestServing());
  EXPECT_EQ(model.name(), "tiny");
  EXPECT_EQ(model.digest(), "d1ce");
  EXPECT_EQ(model.architecture(), "llama");
  EXPECT_EQ(model.vocab_size(), 271u);
  EXPECT_EQ(model.max_model_len(), 1000u);
  EXPECT_THAT(model.end_token_ids(), testing::ElementsAre(0));
  EXPECT_FALSE(model.has_chat_template());
  EXPECT_THAT(model.numerics_classes(), testing::ElementsAre("fake/1"));
}

}  // namespace
}  // namespace baton
