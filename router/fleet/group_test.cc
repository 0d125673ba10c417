#include "router/fleet/group.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

RankHello Hello(uint32_t rank, uint32_t tp = 2) {
  RankHello h;
  h.protocol_version = kProtocolVersion;
  h.incarnation = 100 + rank;
  h.rank = rank;
  h.tp = tp;
  h.model_digest = "d1";
  h.numerics_class = "c1";
  h.shared_memory_domain = "host1";
  return h;
}

RankCapacity Capacity(uint64_t blocks) {
  RankCapacity c;
  c.num_blocks = blocks;
  c.block_size = 16;
  return c;
}

class GroupTest : public ::testing::Test {
 protected:
  // Attaches, loads and readies both ranks: ids 1 and 2.
  void Form() {
    Group::Actions a;
    ASSERT_TRUE(group_.Attach(1, Hello(0), &a).ok());
    EXPECT_EQ(group_.WhatIsMissing(), "group g lacks rank 1");
    ASSERT_TRUE(group_.Attach(2, Hello(1), &a).ok());
    group_.Loaded(1, Capacity(10), &epochs_, now_, &a);
    EXPECT_TRUE(a.form.empty());
    group_.Loaded(2, Capacity(7), &epochs_, now_, &a);
    EXPECT_EQ(a.form, (std::vector<AttachmentId>{1, 2}));
    EXPECT_EQ(a.incarnations, (std::vector<uint64_t>{100, 101}));
    EXPECT_EQ(a.num_blocks, 7u);
    group_.Ready(2, a.epoch, &a);
    EXPECT_FALSE(a.start_epoch);
    group_.Ready(1, a.epoch, &a);
    EXPECT_TRUE(a.start_epoch);
    EXPECT_EQ(group_.state(), GroupState::kReady);
  }
  Group group_{"g"};
  uint64_t epochs_ = 0;
  absl::Time now_ = absl::UnixEpoch();
};

TEST_F(GroupTest, FormsWhenAllRanksAreLoaded) { Form(); }

TEST_F(GroupTest, ALostRankEndsTheEpochAndItsReturnFormsTheNext) {
  Form();
  Group::Actions a;
  group_.Detach(1, "rank 0 is gone", &epochs_, now_, &a);
  EXPECT_EQ(*a.end_epoch, "rank 0 is gone");
  EXPECT_EQ(a.abort, (std::vector<AttachmentId>{2}));
  EXPECT_EQ(a.aborted_epoch, 1u);
  EXPECT_EQ(group_.state(), GroupState::kIncomplete);
  a = {};
  RankHello back = Hello(0);
  back.incarnation = 500;
  ASSERT_TRUE(group_.Attach(3, back, &a).ok());
  now_ += absl::Seconds(1);
  group_.Loaded(3, Capacity(10), &epochs_, now_, &a);
  EXPECT_EQ(a.form, (std::vector<AttachmentId>{3, 2}))
      << "the survivor was not asked to load again";
  EXPECT_EQ(a.epoch, 2u);
  EXPECT_EQ(a.incarnations[0], 500u);
}

TEST_F(GroupTest, MessagesOfAnEarlierEpochChangeNothing) {
  Form();
  Group::Actions a;
  group_.Fail(0, "stale", &epochs_, now_, &a);
  EXPECT_EQ(group_.state(), GroupState::kReady);
  group_.Fail(1, "comm timeout", &epochs_, now_, &a);
  EXPECT_EQ(*a.end_epoch, "comm timeout");
  EXPECT_EQ(group_.state(), GroupState::kLoading);
  a = {};
  group_.Tick(&epochs_, now_, &a);
  EXPECT_TRUE(a.form.empty()) << "formed again without a pause";
  now_ += absl::Seconds(1);
  group_.Tick(&epochs_, now_, &a);
  EXPECT_EQ(a.epoch, 2u);
  group_.Ready(1, 1, &a);
  group_.Ready(2, 1, &a);
  EXPECT_EQ(group_.state(), GroupState::kForming);
}

TEST_F(GroupTest, GivesUpAFormationThatTakesTooLong) {
  Group::Actions a;
  ASSERT_TRUE(group_.Attach(1, Hello(0, 1), &a).ok());
  group_.Loaded(1, Capacity(10), &epochs_, now_, &a);
  now_ += absl::Seconds(20);
  a = {};
  group_.Tick(&epochs_, now_, &a);
  EXPECT_EQ(a.abort, (std::vector<AttachmentId>{1}));
  EXPECT_FALSE(a.end_epoch.has_value());
}

TEST_F(GroupTest, RefusesWhatDoesNotFitAndSaysWhy) {
  Group::Actions a;
  ASSERT_TRUE(group_.Attach(1, Hello(0), &a).ok());
  const auto refused = [&](const RankHello& h, absl::string_view part) {
    const absl::Status s = group_.Attach(9, h, &a);
    EXPECT_EQ(s.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_NE(s.message().find(part), absl::string_view::npos) << s;
  };
  RankHello h = Hello(1);
  h.protocol_version = 7;
  refused(h, "protocol version is 7; expected 1");
  h = Hello(1);
  h.model_digest = "d2";
  refused(h, "model's digest is d2; expected d1");
  h = Hello(1);
  h.numerics_class = "c2";
  refused(h, "numerics class is c2; expected c1");
  h = Hello(1);
  h.shared_memory_domain = "host2";
  refused(h, "share memory");
  refused(Hello(0), "attached already");
  refused(Hello(2), "--rank is 2");
  refused(Hello(1, 3), "--tp is 3; expected 2");
  EXPECT_EQ(group_.Attachments().size(), 1u);
}

}  // namespace
}  // namespace baton
